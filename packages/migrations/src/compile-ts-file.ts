import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { Kysely, sql, type CompiledQuery } from 'kysely';
import { MigrationInvalidError } from '@tenantry/tenancy';
import type { Scope } from './compiled-migrations.ts';
import { compileProgram } from './compile-program.ts';
import { compileStatement, type CompiledFile, type StatementSource } from './compile-sql-file.ts';
import { inlineParameters } from './inline-parameters.ts';
import type { MigrationStatement } from './migration-statement.ts';
import { parseExports, type MigrationDb, type MigrationFunction } from './parse-exports.ts';
import { recordingDialect } from './recording-dialect.ts';
import { splitStatements } from './split-statements.ts';

/**
 * A TypeScript migration, which exports `up` and may export `down`, `dependsOn`, `formerly`, `allow` and `reads`. Throws
 * `MigrationInvalidError` for a file that exports no `up` or anything else, throws, reads data without saying so or holds a statement that
 * does not belong in a migration.
 */
export async function compileTsFile(place: {
  readonly file: string;
  readonly scope: Scope;
}): Promise<CompiledFile> {
  const exported = await importFile(place.file);
  const { up, down, reads, ...options } = parseExports(exported, place.file);
  if (reads) {
    const program = compileProgram(await readFile(place.file, 'utf8'), place.file);
    return { ...options, form: 'program', up: [], down: down === undefined ? null : [], program };
  }
  const source = { ...place, form: 'transaction' } as const;
  const statements = await record(up, source);
  if (statements.length === 0)
    throw new MigrationInvalidError(place.file, '"up" executes no statement');
  return {
    ...options,
    form: 'transaction',
    up: statements,
    down: down === undefined ? null : await record(down, source),
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
  source: StatementSource,
): Promise<MigrationStatement[]> {
  const queries: CompiledQuery[] = [];
  const db: MigrationDb = new Kysely({ dialect: recordingDialect((query) => queries.push(query)) });
  try {
    await direction(db, { sql });
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
      statements.push(await compileStatement({ ...statement, line: null }, source));
    }
  }
  return statements;
}
