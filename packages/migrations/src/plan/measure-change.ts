import { sql, type Kysely } from 'kysely';
import type { CompiledMigration } from '../compiled-migrations.ts';
import { withReference, type ReferenceKind } from '../fingerprint/with-reference.ts';
import type { MigrationTarget } from '../apply-options.ts';
import type { PlannedChange } from './plan-change.ts';

/** Rows that a change goes through. */
export interface ChangedRows {
  /** Rows that statements read. */
  readonly scannedRows: number;
  /** Rows that statements write. */
  readonly writtenRows: number;
}

/** The shortest of so many tries has the least of what else the server does. */
const tries = 3;

/**
 * How long the statements of a change take on empty tables, by running them on the reference. Nothing is left of that. For a change that
 * takes migrations back it is the time that the way there takes.
 */
export async function measureStatements<Tables>(
  migrator: Kysely<Tables>,
  { direction, migrations, applied, isPooled }: PlannedChange,
): Promise<number> {
  if (migrations.length === 0) return 0;
  const going = new Set(migrations);
  const before = direction === 'up' ? applied : applied.filter((one) => !going.has(one));
  const after = direction === 'up' ? [...applied, ...migrations] : applied;
  const times: number[] = [];
  for (let number = 0; number < tries; number += 1) {
    times.push(await timeOf(migrator, isPooled ? 'pool' : 'tenant', { before, after }));
  }
  return Math.min(...times);
}

async function timeOf<Tables>(
  migrator: Kysely<Tables>,
  kind: ReferenceKind,
  {
    before,
    after,
  }: {
    readonly before: readonly CompiledMigration[];
    readonly after: readonly CompiledMigration[];
  },
): Promise<number> {
  return await withReference(migrator, kind, async (reference) => {
    await reference.apply(before);
    const start = performance.now();
    await reference.apply(after);
    return performance.now() - start;
  });
}

/** Rows that the statements of a change go through, in all the given schemas together. */
export async function sumRows<Tables>(
  migrator: Kysely<Tables>,
  targets: readonly Pick<MigrationTarget, 'schema'>[],
  { direction, migrations }: Pick<PlannedChange, 'direction' | 'migrations'>,
): Promise<ChangedRows> {
  const visits = visitsOf(migrations, direction);
  if (visits.size === 0) return { scannedRows: 0, writtenRows: 0 };
  const { rows } = await sql<{ table: string; rows: number }>`
    select t.relname as "table", cast(sum(greatest(t.reltuples, pg_stat_get_live_tuples(t.oid), 0)) as float8) as rows
    from pg_class t join pg_namespace n on n.oid = t.relnamespace
    where t.relkind in ('r', 'm')
      and n.nspname in (select jsonb_array_elements_text(cast(${JSON.stringify(targets.map(({ schema }) => schema))} as jsonb)))
      and t.relname in (select jsonb_array_elements_text(cast(${JSON.stringify([...visits.keys()])} as jsonb)))
    group by t.relname`.execute(migrator);
  let [scannedRows, writtenRows] = [0, 0];
  for (const { table, rows: count } of rows) {
    const { scans, writes } = visits.get(table) ?? { scans: 0, writes: 0 };
    scannedRows += count * scans;
    writtenRows += count * writes;
  }
  return { scannedRows, writtenRows };
}

/** How often a change goes through each table. */
function visitsOf(
  migrations: readonly CompiledMigration[],
  direction: 'up' | 'down',
): Map<string, { readonly scans: number; readonly writes: number }> {
  const visits = new Map<string, { scans: number; writes: number }>();
  for (const { effects } of migrations.flatMap((migration) => migration[direction] ?? [])) {
    for (const { table, cost } of effects) {
      if (cost === 'instant') continue;
      const visit = visits.get(table) ?? { scans: 0, writes: 0 };
      visits.set(table, visit);
      if (cost === 'scan') visit.scans += 1;
      else visit.writes += 1;
    }
  }
  return visits;
}
