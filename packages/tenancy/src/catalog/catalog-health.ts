import { sql } from 'kysely';
import type { CatalogHealth, StuckTenantView } from '../health-views.ts';
import type { CatalogDb } from './catalog-schema.ts';

const shownFailures = 20;

/** Tenants that an answer may name; whoever has more finds them in `tenant list`. */
const shownClaims = 50;

/** The hashes of the migrations that a deployment has, by scope. */
export interface MigrationHashesByScope {
  readonly tenant: string;
  readonly shared: string;
  readonly site: string;
}

/** Counts what is not as it should be: failed tenants, pending migrations, runs that stand still. */
export async function readCatalogHealth(
  db: CatalogDb,
  hashes: MigrationHashesByScope,
): Promise<CatalogHealth> {
  const [tenants, behind, staleSchemas, failed, stuckRuns] = await Promise.all([
    countTenants(db),
    countBehind(db, hashes.tenant),
    findStaleSchemas(db, hashes),
    listFailed(db),
    listStuckRuns(db),
  ]);
  return { tenants, behind, staleSchemas, failed, stuckRuns };
}

/** Tenants that an execution held when it was last heard of, oldest first. */
export async function listHeldTenants(db: CatalogDb): Promise<StuckTenantView[]> {
  const rows = await db
    .selectFrom('tenants')
    .select(['slug', 'status', 'status_since', 'execution'])
    .where((eb) =>
      eb.or([
        eb('status', 'in', ['provisioning', 'deleting']),
        eb.and([
          eb('status', '=', 'suspended'),
          eb(sql`suspension ->> 'phase'`, 'in', ['closing', 'opening']),
        ]),
      ]),
    )
    .where('execution', 'is not', null)
    .orderBy('status_since')
    .limit(shownClaims)
    .execute();
  return rows.map(({ slug, status, status_since, execution }) => ({
    slug,
    status: status as StuckTenantView['status'],
    since: status_since.toISOString(),
    execution: execution ?? '',
  }));
}

async function countTenants(db: CatalogDb): Promise<Record<string, number>> {
  const rows = await db
    .selectFrom('tenants')
    .select(['status', ({ fn }) => fn.countAll<bigint>().as('count')])
    .where('status', '<>', 'deleted')
    .groupBy('status')
    .orderBy('status')
    .execute();
  return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]));
}

async function countBehind(db: CatalogDb, hash: string): Promise<number> {
  const { count } = await db
    .selectFrom('tenants')
    .select(({ fn }) => fn.countAll<bigint>().as('count'))
    .where('status', '=', 'active')
    .where('isolation', '<>', 'cache')
    .where('migrations_hash', 'is distinct from', hash)
    .executeTakeFirstOrThrow();
  return Number(count);
}

async function findStaleSchemas(db: CatalogDb, hashes: MigrationHashesByScope): Promise<string[]> {
  const rows = await db.selectFrom('static_schemas').select(['name', 'migrations_hash']).execute();
  const found = new Map(rows.map(({ name, migrations_hash: hash }) => [name, hash]));
  return (['shared', 'site'] as const).filter((scope) => found.get(scope) !== hashes[scope]);
}

async function listFailed(db: CatalogDb): Promise<CatalogHealth['failed']> {
  const rows = await db
    .selectFrom('tenants')
    .select(['slug', 'failure'])
    .where('status', '=', 'failed')
    .orderBy('slug')
    .limit(shownFailures)
    .execute();
  return rows.map(({ slug, failure }) => ({
    slug,
    step: failure?.step ?? 'unknown',
    message: failure?.message ?? '',
  }));
}

async function listStuckRuns(db: CatalogDb): Promise<CatalogHealth['stuckRuns']> {
  const rows = await db
    .selectFrom('run_items')
    .select(['run_id', ({ fn }) => fn.countAll<bigint>().as('count')])
    .where('status', '=', 'working')
    .where('lease_until', '<', sql<Date>`now()`)
    .groupBy('run_id')
    .orderBy('run_id')
    .limit(shownFailures)
    .execute();
  return rows.map(({ run_id: run, count }) => ({ run, tenants: Number(count) }));
}
