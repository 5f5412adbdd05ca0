import { pathToFileURL } from 'node:url';
import { Kysely, type CompiledQuery } from 'kysely';
import { MigrationInvalidError } from '@tenantry/tenancy';
import type { MigrationStatement, Scope } from './compiled-migrations.ts';
import { assertAllowed, type Directions } from './compile-sql-file.ts';
import { inlineParameters } from './inline-parameters.ts';
import { recordingDialect } from './recording-dialect.ts';
import { splitStatements } from './split-statements.ts';

/** The query builder of a TypeScript migration: every table and column may be named. */
export type MigrationDb = Kysely<Record<string, Record<string, unknown>>>;

/** One direction of a TypeScript migration: what it does with `db` is recorded once and kept as SQL. */
export type MigrationFunction = (db: MigrationDb) => Promise<void>;

/**
 * Both directions of a TypeScript migration, which exports `up` and may export `down`. Throws `MigrationInvalidError` for a file that
 * exports no `up`, throws, reads data or holds a statement that does not belong in a migration.
 */
export async function compileTsFile(source: {
  readonly file: string;
  readonly scope: Scope;
}): Promise<Directions> {
  const exported = await importFile(source.file);
  const up = exported['up'];
  if (typeof up !== 'function') {
    throw new MigrationInvalidError(source.file, 'exports no function "up"');
  }
  const statements = await record(up as MigrationFunction, source);
  if (statements.length === 0)
    throw new MigrationInvalidError(source.file, '"up" executes no statement');
  const down = exported['down'];
  return {
    up: statements,
    down: typeof down === 'function' ? await record(down as MigrationFunction, source) : null,
  };
}

async function importFile(file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    throw new MigrationInvalidError(file, `cannot be loaded: ${String(error)}`);
  }
}

async function record(
  direction: MigrationFunction,
  source: { readonly file: string; readonly scope: Scope },
): Promise<MigrationStatement[]> {
  const queries: CompiledQuery[] = [];
  const db: MigrationDb = new Kysely({ dialect: recordingDialect((query) => queries.push(query)) });
  try {
    await direction(db);
  } catch (error) {
    throw new MigrationInvalidError(
      source.file,
      error instanceof Error ? error.message : String(error),
    );
  }
  const statements: MigrationStatement[] = [];
  for (const query of queries) {
    const text = await inlineParameters(query.sql, query.parameters);
    const parsed = await splitStatements(text, { file: source.file, firstLine: 1 });
    for (const statement of parsed) {
      assertAllowed({ ...statement, line: null }, source);
      statements.push({ sql: statement.sql, line: null });
    }
  }
  return statements;
}
