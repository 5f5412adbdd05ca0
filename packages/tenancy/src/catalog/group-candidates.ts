import { sql } from 'kysely';
import { parseIsolation, type Isolation } from '../isolation.ts';
import { parsePoolName, type PoolName } from '../pool.ts';
import type { CatalogDb } from './catalog-schema.ts';
import { selectCandidates } from './freeze-run.ts';
import type { Run } from './open-run.ts';
import type { TargetSet } from './select-targets.ts';

/** Tenants of one cluster, at one version and kept apart in one way, those of isolation `table` of one pool, that a run would work on. */
export interface CandidateGroup {
  readonly version: string | null;
  readonly clusterId: string;
  readonly isolation: Isolation;
  /** Whose tables they all share; null unless their isolation is `table`. */
  readonly pool: PoolName | null;
  readonly tenants: number;
  /** Id of one of them, to look at. */
  readonly example: string;
}

/** The tenants that a run would work on, by version, cluster, isolation and pool, the largest groups first. */
export async function groupCandidates(
  db: CatalogDb,
  run: Run,
  set: TargetSet,
): Promise<CandidateGroup[]> {
  const rows = await db
    .selectFrom('tenants')
    .select(['version', 'cluster_id', 'isolation', 'pool', sql<string>`min(id)`.as('example')])
    .select((eb) => eb.fn.countAll<bigint>().as('tenants'))
    .where('id', 'in', selectCandidates(db, run, set).select('tenants.id'))
    .groupBy(['version', 'cluster_id', 'isolation', 'pool'])
    .orderBy('tenants', 'desc')
    .orderBy('version')
    .execute();
  return rows.map(({ version, cluster_id: clusterId, isolation, pool, tenants, example }) => ({
    version,
    clusterId,
    isolation: parseIsolation(isolation),
    pool: pool === null ? null : parsePoolName(pool),
    tenants: Number(tenants),
    example,
  }));
}
