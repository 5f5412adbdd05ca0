import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';

/** The folder, from `cwd` upwards, that holds the CDK app `infra/app.ts`; throws `CliError` PROJECT_NOT_FOUND. */
export function getProjectRoot(cwd: string): string {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'infra/app.ts'))) return folder;
    if (folder === dirname(folder)) break;
  }
  throw new CliError('PROJECT_NOT_FOUND', `There is no infra/app.ts from ${cwd} upwards.`, {
    exitCode: exitCodes.failed,
    next: ['change into the folder of your project, then run tenantry dev again'],
  });
}
