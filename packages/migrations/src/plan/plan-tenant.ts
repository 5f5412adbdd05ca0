import type { Kysely } from 'kysely';
import type { RunChange, TenantPlanView } from '@tenantry/tenancy';
import type { MigrationTarget } from '../apply-options.ts';
import type { CompiledMigration, CompiledScope } from '../compiled-migrations.ts';
import { concurrentSql } from '../concurrent-index.ts';
import type { MigrationStatement } from '../migration-statement.ts';
import { countRows, type TableRows } from './count-rows.ts';
import { findPlanRisks } from './find-plan-risks.ts';
import { planChange } from './plan-change.ts';

type PlannedMigration = TenantPlanView['migrations'][number];

/** What the texts of a plan depend on. */
interface PlanPlace {
  readonly schema: string;
  /** A schema without migrations gets all of them in one transaction, indexes and batches too. */
  readonly isNew: boolean;
  readonly rows: ReadonlyMap<string, TableRows>;
}

/**
 * Exactly what a change would run in one tenant's schema: each statement as it is sent, with the locks it takes and the rows of the tables
 * it touches. Nothing is run. Throws as `planChange` does.
 */
export async function planTenant<Tables>(
  migrator: Kysely<Tables>,
  target: MigrationTarget,
  what: { readonly compiled: CompiledScope; readonly change: RunChange },
): Promise<Omit<TenantPlanView, 'slug' | 'pool'>> {
  const { direction, migrations, applied, from, to } = await planChange(migrator, target, what);
  const statements = migrations.flatMap((migration) => migration[direction] ?? []);
  const names = statements.flatMap(({ effects }) => effects.map(({ table }) => table));
  const rows = await countRows(migrator, target, [...new Set(names)]);
  const place = { schema: target.schema, isNew: applied.length === 0, rows };
  return {
    schema: target.schema,
    from,
    to,
    migrations: migrations.map((migration) => planMigration(migration, direction, place)),
  };
}

function planMigration(
  migration: CompiledMigration,
  direction: 'up' | 'down',
  place: PlanPlace,
): PlannedMigration {
  const { id, form, file } = migration;
  const planned = {
    id,
    form: place.isNew && form !== 'program' ? 'transaction' : form,
    direction,
    statements: (migration[direction] ?? []).map((statement) => planStatement(statement, place)),
  };
  return { ...planned, risks: findPlanRisks(planned, file) };
}

function planStatement(
  { sql, line, effects, concurrent }: MigrationStatement,
  place: PlanPlace,
): PlannedMigration['statements'][number] {
  const isConcurrent = concurrent !== undefined && !place.isNew;
  return {
    sql: isConcurrent ? concurrentSql(concurrent, place.schema) : sql,
    line,
    effects: effects.map((effect) => {
      const found = place.rows.get(effect.table);
      return {
        table: found?.table ?? effect.table,
        lock: effect.lock,
        cost: effect.cost,
        rows: found?.rows ?? null,
      };
    }),
  };
}
