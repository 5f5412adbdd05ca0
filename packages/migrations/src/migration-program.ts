import type { CompiledMigration } from './compiled-migrations.ts';
import type { MigrationFunction } from './parse-exports.ts';

/** A TypeScript migration that reads data to decide what to do, as its module exports it. */
export interface MigrationProgram {
  /** Runs as the schema's owner, in a transaction of its own. `sql` is Kysely's, because a program imports nothing. */
  readonly up: MigrationFunction;
  readonly down?: MigrationFunction;
}

/** The program that a migration of the form `program` carries. */
export async function loadProgram({ id, program }: CompiledMigration): Promise<MigrationProgram> {
  if (program === undefined) throw new TypeError(`${id} carries no program`);
  const url = `data:text/javascript,${encodeURIComponent(program)}`;
  return (await import(url)) as MigrationProgram;
}
