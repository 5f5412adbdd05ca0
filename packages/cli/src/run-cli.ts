import type { CliContext } from './context.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { findNewForm } from './old-names.ts';
import { escapeArgument } from './output/escape-argument.ts';
import { createProgram } from './program.ts';
import { reportError } from './report-error.ts';

/**
 * Runs one command line (without the program's own name) and gives the exit code. Never throws and never ends the process: answers go
 * to the context's standard output, all else to its standard error.
 *
 * @example
 * process.exitCode = await runCli(['tenant', 'list', '--json'], context);
 */
export async function runCli(argv: readonly string[], context: CliContext): Promise<ExitCode> {
  const newForm = findNewForm(argv);
  const { words, passedOn } = splitAtDashes(newForm ?? argv);
  try {
    if (newForm !== undefined && !words.includes('--json')) {
      context.stderr.write(`this is now: tenantry ${newForm.map(escapeArgument).join(' ')}\n`);
    }
    let exitCode: ExitCode = exitCodes.ok;
    const onExitCode = (code: ExitCode): void => {
      exitCode = code;
    };
    const program = createProgram(context, onExitCode, passedOn);
    await program.parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (error) {
    return reportError(error, words, context);
  }
}

/** What stands behind `--` belongs to another program, and is none of our flags. */
function splitAtDashes(argv: readonly string[]): {
  readonly words: string[];
  readonly passedOn: readonly string[] | undefined;
} {
  const index = argv.indexOf('--');
  if (index === -1) return { words: [...argv], passedOn: undefined };
  return { words: argv.slice(0, index), passedOn: argv.slice(index + 1) };
}
