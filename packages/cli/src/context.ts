import type { ConnectOptions, Platform } from './system/platform.ts';

/** Where text goes; the part of a stream that the command line needs. */
export interface TextStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Everything outside of the command line that a command may touch; tests put their own in. */
export interface CliContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: TextStream;
  readonly stderr: TextStream & NodeJS.WritableStream;
  /** Who is at work, for the audit log. */
  readonly actor: string;
  /** Aborted by the first Ctrl-C. */
  readonly interrupted: AbortSignal;
  /** Finds the running system; throws `CliError` SYSTEM_NOT_RUNNING. */
  readonly connect: (options: ConnectOptions) => Promise<Platform>;
}
