import { LocalError } from '../errors.ts';

/** The error for an assembly that the laptop cannot run: `reason` says what and where. */
export function assemblyError(reason: string, cause?: unknown): LocalError {
  return new LocalError(
    'LOCAL_ASSEMBLY_INVALID',
    `The synthesized assembly cannot be run here: ${reason}`,
    {
      next: 'npx cdk synth, then npm start',
      cause,
    },
  );
}

/** Why a value in a template cannot be had; whoever reads the stack adds where. */
export class UnresolvableError extends Error {
  override readonly name = 'UnresolvableError';
  /** The resource that is at fault, where no property of it was being read. */
  readonly logicalId: string | undefined;

  constructor(message: string, logicalId?: string) {
    super(message);
    this.logicalId = logicalId;
  }
}
