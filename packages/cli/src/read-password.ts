import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import { readText } from './read-text.ts';

/** The password on standard input, without the end of its line. Throws `CliError` INPUT_NEEDED when there is none. */
export async function readPassword(stdin: NodeJS.ReadableStream, usage: string): Promise<string> {
  const password = (await readText(stdin)).replace(/\r?\n$/, '');
  if (password !== '') return password;
  throw new CliError('INPUT_NEEDED', 'Standard input holds no password.', {
    exitCode: exitCodes.inputNeeded,
    missing: ['a password on standard input'],
    next: [usage],
  });
}
