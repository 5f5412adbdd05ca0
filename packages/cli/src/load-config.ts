import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TenantryConfig } from '@tenantry/migrations';
import * as z from 'zod';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';

const fileName = 'tenantry.config.ts';

const configShape = z.strictObject({
  migrations: z.array(z.string().min(1)).min(1),
  types: z.string().min(1),
  onCreateAdmin: z.string().min(1).exactOptional(),
});

/** A project's configuration and the folder from which its paths count. */
export interface LoadedConfig {
  readonly root: string;
  readonly config: TenantryConfig;
}

/**
 * The `tenantry.config.ts` of the project, looked for from `cwd` upwards. Throws `CliError`: PROJECT_NOT_FOUND where there is none,
 * CONFIG_INVALID where it cannot be used.
 */
export async function loadConfig(cwd: string): Promise<LoadedConfig> {
  const file = findConfigFile(cwd);
  if (file !== undefined) return await readConfig(file);
  throw new CliError('PROJECT_NOT_FOUND', `There is no ${fileName} from ${cwd} upwards.`, {
    exitCode: exitCodes.failed,
    next: ['change into the folder of your project, then run the command again'],
  });
}

/** The configuration as `loadConfig` has it, or undefined where there is none. */
export async function findConfig(cwd: string): Promise<LoadedConfig | undefined> {
  const file = findConfigFile(cwd);
  return file === undefined ? undefined : await readConfig(file);
}

async function readConfig(file: string): Promise<LoadedConfig> {
  const module: unknown = await import(pathToFileURL(file).href).catch((error: unknown) => {
    throw invalidConfig(file, error instanceof Error ? error.message : String(error));
  });
  const parsed = z.object({ default: configShape }).safeParse(module);
  if (!parsed.success) throw invalidConfig(file, z.prettifyError(parsed.error));
  return { root: dirname(file), config: parsed.data.default };
}

function findConfigFile(cwd: string): string | undefined {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const file = join(folder, fileName);
    if (existsSync(file)) return file;
    if (folder === dirname(folder)) return undefined;
  }
}

function invalidConfig(file: string, why: string): CliError {
  return new CliError('CONFIG_INVALID', `${fileName} cannot be used.`, {
    exitCode: exitCodes.failed,
    where: file,
    why,
    next: ['export default defineConfig({ migrations: [folder, ...], types: folder })'],
  });
}
