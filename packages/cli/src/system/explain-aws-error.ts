import { CliError, type CliErrorCode } from '../cli-error.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';

interface Explanation {
  readonly code: CliErrorCode;
  readonly exitCode: ExitCode;
  readonly message: string;
  readonly next: readonly string[];
}

/** An error of the AWS SDK as one that a person can act on; a `CliError` and anything unknown come back as they are. */
export function explainAwsError(
  error: unknown,
  system: { readonly stage: string; readonly region: string },
): unknown {
  if (!(error instanceof Error) || error instanceof CliError) return error;
  const explanation = findExplanation(error, system);
  if (explanation === undefined) return error;
  return new CliError(explanation.code, explanation.message, {
    exitCode: explanation.exitCode,
    where: `stage ${system.stage}, ${system.region}`,
    why: `${error.name}: ${error.message}`,
    next: explanation.next,
    cause: error,
  });
}

function findExplanation(
  error: Error,
  { stage, region }: { readonly stage: string; readonly region: string },
): Explanation | undefined {
  switch (errorKind(error)) {
    case 'AccessDeniedException':
      return {
        code: 'NOT_ALLOWED',
        exitCode: exitCodes.notAllowed,
        message: `Your AWS identity may not do this at stage ${stage}.`,
        next: ['aws sts get-caller-identity'],
      };
    case 'ResourceNotFoundException':
      return {
        code: 'STAGE_NOT_DEPLOYED',
        exitCode: exitCodes.failed,
        message: `There is no Tenantry at stage ${stage} in ${region}.`,
        next: ['check --stage and --region', `npx cdk deploy -c stage=${stage}`],
      };
    case 'CredentialsProviderError':
    case 'ExpiredTokenException':
    case 'UnrecognizedClientException':
      return {
        code: 'CREDENTIALS_MISSING',
        exitCode: exitCodes.notAllowed,
        message: `There are no valid AWS credentials for stage ${stage}.`,
        next: ['aws sso login', 'set AWS_PROFILE'],
      };
    case 'ECONNREFUSED':
    case 'ECONNRESET':
    case 'ENOTFOUND':
    case 'TimeoutError':
      return {
        code: 'SYSTEM_UNREACHABLE',
        exitCode: exitCodes.failed,
        message: `The system at stage ${stage} does not answer.`,
        next: stage === 'local' ? ['npm start'] : ['check your network, --stage and --region'],
      };
    case 'AbortError':
      return {
        code: 'INTERRUPTED',
        exitCode: exitCodes.interrupted,
        message: 'Interrupted; what was asked for may still be done.',
        next: ['tenantry tenant list'],
      };
    default:
      return undefined;
  }
}

/** The SDK's error name, or the code of the network error below it. */
function errorKind(error: Error): string {
  const code = (error as { readonly code?: unknown }).code;
  return typeof code === 'string' ? code : error.name;
}
