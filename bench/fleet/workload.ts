import { fileURLToPath } from 'node:url';
import {
  compileMigrations,
  type CompiledMigration,
  type CompiledMigrations,
} from '@tenantry/migrations';

/** What is measured: ten migrations of eight tables, and one more. */
export interface Workload {
  /** The platform's own migrations and the ten. */
  readonly compiled: CompiledMigrations;
  /** The ten. */
  readonly ten: readonly CompiledMigration[];
  /** Of the same kind as the tenth: a column that is not null. */
  readonly oneMore: CompiledMigration;
}

const folderOf = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Compiles the workload polls-10. */
export async function loadWorkload(): Promise<Workload> {
  const roots = [folderOf('packages/tenancy/migrations'), folderOf('bench/polls-10')];
  const compiled = await compileMigrations({ roots });
  const ten = compiled.scopes.tenant.migrations;
  const tenth = ten.at(-1);
  if (ten.length !== 10 || tenth === undefined) throw new Error('polls-10 has not ten migrations');
  const oneMore = {
    ...tenth,
    id: 'polls/0011_comment_pinned',
    checksum: tenth.checksum.split('').toReversed().join(''),
    up: tenth.up.map((statement) => ({
      ...statement,
      sql: statement.sql.replaceAll('is_hidden', 'is_pinned'),
    })),
  };
  return { compiled, ten, oneMore };
}

/** The end state of one tenant with all eleven migrations, by which a contender's work is checked. */
export const endState = { tables: 8, indexes: 22, foreignKeys: 8, columns: 31 } as const;
