import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';

/** A module's file, and how its default export should have been written. */
export interface DefaultExport {
  readonly file: string;
  /** Folder from which `file` counts. */
  readonly cwd: string;
  /** `export default script(async ({ db }) => { ... })`. */
  readonly example: string;
}

/** The function that a TypeScript or JavaScript file exports as its default. Throws `CliError` SCRIPT_INVALID. */
export async function loadDefaultExport<Fn extends (argument: never) => unknown>({
  file,
  cwd,
  example,
}: DefaultExport): Promise<Fn> {
  const path = resolve(cwd, file);
  const module = (await import(pathToFileURL(path).href).catch((cause: unknown) => {
    throw invalid(path, cause instanceof Error ? cause.message : String(cause), example);
  })) as { readonly default?: unknown };
  if (typeof module.default === 'function') return module.default as Fn;
  throw invalid(path, 'its default export is no function', example);
}

function invalid(file: string, why: string, example: string): CliError {
  return new CliError('SCRIPT_INVALID', 'The script cannot be used.', {
    exitCode: exitCodes.failed,
    where: file,
    why,
    next: [example],
  });
}
