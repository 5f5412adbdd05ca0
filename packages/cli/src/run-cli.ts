import type { CliContext } from './context.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { findNewForm } from './old-names.ts';
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
  const words = newForm ?? [...argv];
  try {
    if (newForm !== undefined && !words.includes('--json')) {
      context.stderr.write(`${argv[0]} is now: tenantry ${words.join(' ')}\n`);
    }
    let exitCode: ExitCode = exitCodes.ok;
    const program = createProgram(context, (code) => {
      exitCode = code;
    });
    await program.parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (error) {
    return reportError(error, words, context);
  }
}
