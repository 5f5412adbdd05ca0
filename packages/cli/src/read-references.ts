import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';

/** The slugs and ids in a file or stream: one a line, without blank lines and what stands behind a `#`. Throws `CliError` USAGE. */
export async function readReferences(source: string | NodeJS.ReadableStream): Promise<string[]> {
  const input = typeof source === 'string' ? createReadStream(source, 'utf8') : source;
  const references: string[] = [];
  try {
    for await (const line of createInterface({ input })) {
      const reference = line.replace(/#.*/, '').trim();
      if (reference !== '') references.push(reference);
    }
  } catch (cause) {
    throw new CliError('USAGE', `The list of tenants cannot be read.`, {
      exitCode: exitCodes.usage,
      where: typeof source === 'string' ? source : 'standard input',
      why: cause instanceof Error ? cause.message : String(cause),
      next: ['name a file with one slug or id a line with --from-file, or - for standard input'],
      cause,
    });
  }
  return references;
}
