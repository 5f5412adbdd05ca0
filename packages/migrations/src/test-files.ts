import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { compileMigrations } from './compile-migrations.ts';
import type { CompiledMigration, CompiledMigrations } from './compiled-migrations.ts';

/** Compiles files that are given as text by their paths below a root, for tests. */
export async function compileFiles(
  files: Readonly<Record<string, string>>,
): Promise<CompiledMigrations> {
  const root = await mkdtemp(join(tmpdir(), 'tenantry-migrations-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    return await compileMigrations({ roots: [root] });
  } finally {
    await rm(root, { recursive: true });
  }
}

/** The tenant migrations of files that are given by `<module>/<name>`. */
export async function compileTenantFiles(
  files: Readonly<Record<string, string>>,
): Promise<readonly CompiledMigration[]> {
  const placed = Object.entries(files).map(([path, text]) => [`tenant/${path}`, text]);
  return (await compileFiles(Object.fromEntries(placed))).scopes.tenant.migrations;
}
