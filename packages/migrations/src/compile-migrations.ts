import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  scopes,
  type CompiledMigration,
  type CompiledMigrations,
  type CompiledScope,
  type Scope,
} from './compiled-migrations.ts';
import { compileSqlFile } from './compile-sql-file.ts';
import { compileTsFile } from './compile-ts-file.ts';
import { findMigrationFiles, type MigrationFile } from './find-migration-files.ts';
import { orderMigrations } from './order-migrations.ts';
import { poolMigrations } from './pool/pool-migrations.ts';

/**
 * Reads all migrations below the roots and compiles each once into plain statements. Two calls on the same files give the same JSON.
 *
 * Throws `MigrationInvalidError`, naming file and line, before anything can be applied.
 */
export async function compileMigrations(options: {
  /** Folders that hold `<scope>/<module>/<number>_<name>.sql|.ts`. */
  readonly roots: readonly string[];
}): Promise<CompiledMigrations> {
  const files = await findMigrationFiles(options.roots);
  const compiled = await Promise.all(
    files.map(async (file) => ({ file, migration: await compileFile(file) })),
  );
  const of = (scope: Scope): CompiledScope => {
    const migrations = orderMigrations(
      compiled.filter(({ file }) => file.scope === scope).map(({ migration }) => migration),
    );
    return { hash: hashOf(migrations.map(({ id, checksum }) => [id, checksum])), migrations };
  };
  const tenant = of('tenant');
  const byScope = {
    catalog: of('catalog'),
    shared: of('shared'),
    site: of('site'),
    tenant: { ...tenant, migrations: await poolMigrations(tenant.migrations) },
  };
  return { v: 1, hash: hashOf(scopes.map((scope) => byScope[scope].hash)), scopes: byScope };
}

async function compileFile(file: MigrationFile): Promise<CompiledMigration> {
  const source = { file: file.path, scope: file.scope };
  const { form, dependsOn, formerly, up, down, program } =
    file.form === 'ts'
      ? await compileTsFile(source)
      : await compileSqlFile(await readFile(file.path, 'utf8'), source);
  return {
    id: `${file.module}/${file.name}`,
    module: file.module,
    file: `${file.scope}/${file.module}/${file.name}.${file.form}`,
    form,
    dependsOn,
    formerly,
    checksum: hashOf(program ?? up.map((statement) => statement.sql)),
    up,
    down,
    ...(program !== undefined && { program }),
  };
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
