export { runCli } from './run-cli.ts';
export { exitCodes, type ExitCode } from './exit-codes.ts';
export type { CliContext, TextStream } from './context.ts';
export type { ConnectOptions, ExecutionOutcome, Platform } from './system/platform.ts';
