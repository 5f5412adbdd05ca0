import { CommanderError } from '@commander-js/extra-typings';
import { CliError } from './cli-error.ts';
import type { CliContext } from './context.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { formatError, formatErrorJson, type ErrorReport } from './output/format-error.ts';
import { paintFor } from './output/paint.ts';

/** Writes an error to standard error, as JSON where the arguments asked for it, and gives the exit code that belongs to it. */
export function reportError(
  error: unknown,
  argv: readonly string[],
  { stderr, env }: CliContext,
): ExitCode {
  if (error instanceof CommanderError && error.code.startsWith('commander.help')) {
    // Help that was asked for is an answer; help because a sub-command is missing is a usage error.
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
  if (error instanceof CommanderError && error.code === 'commander.version') return exitCodes.ok;
  const { report, exitCode } = describe(error);
  const text = wantsJson(argv)
    ? formatErrorJson(report)
    : formatError(report, paintFor(stderr, env));
  stderr.write(`${text}\n`);
  if (argv.includes('--debug') && error instanceof Error) stderr.write(`${error.stack ?? ''}\n`);
  return exitCode;
}

function wantsJson(argv: readonly string[]): boolean {
  const words = argv.join(' ');
  return argv.includes('--json') || /(^| )(-o ?|--output[ =])(nd)?json( |$)/.test(words);
}

function describe(error: unknown): { report: ErrorReport; exitCode: ExitCode } {
  if (error instanceof CliError) return { report: error, exitCode: error.exitCode };
  if (error instanceof CommanderError) return describeUsage(error);
  if (isCoded(error)) return describeCoded(error);
  const message = error instanceof Error ? error.message : String(error);
  const next = ['run the command again with --debug'];
  return { report: { code: 'INTERNAL', message, missing: [], next }, exitCode: exitCodes.failed };
}

function describeUsage(error: CommanderError): { report: ErrorReport; exitCode: ExitCode } {
  const message = error.message.replace(/^error: /, '');
  const next = ['tenantry --help'];
  return { report: { code: 'USAGE', message, missing: [], next }, exitCode: exitCodes.usage };
}

/** Errors of the packages below: a code, a sentence, the next command. */
interface CodedError extends Error {
  readonly code: string;
  readonly next?: string;
}

function isCoded(error: unknown): error is CodedError {
  if (!(error instanceof Error)) return false;
  const { name, code } = error as Partial<CodedError>;
  return (
    typeof code === 'string' &&
    (name === 'LocalError' || /^(TENANT|MIGRATION|DATABASE|DATA_API)_/.test(code))
  );
}

function describeCoded(error: CodedError): { report: ErrorReport; exitCode: ExitCode } {
  const { code, message, next } = error;
  const report = { code, message, missing: [], next: next === undefined ? [] : [next] };
  const isConflict = code === 'LOCAL_DATA_LOCKED' || code === 'LOCAL_PORT_TAKEN';
  return { report, exitCode: isConflict ? exitCodes.conflict : exitCodes.failed };
}
