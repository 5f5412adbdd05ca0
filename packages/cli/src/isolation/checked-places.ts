import { defaultPool, homeClusterId } from '@tenantry/tenancy';
import type { Platform } from '../system/platform.ts';

/** The isolation types whose tenants are on a cluster. */
export const isolationsWithTables = ['schema', 'database', 'table'];

/** The isolation types whose tenants share anything that walls stand in. */
export const checkedIsolations = [...isolationsWithTables, 'cache'];

/** What two synthetic tenants are made as. */
export interface CheckedPlace {
  readonly isolation: string;
  /** @default - wherever there is room */
  readonly cluster?: string;
  /** The tables that they share with others; null where there are none to share. @default - the usual ones */
  readonly pool?: string | null;
}

/** `schema`, `schema on eu`. */
export function nameOf({
  isolation,
  cluster,
}: {
  readonly isolation: string;
  readonly cluster?: string | null;
}): string {
  return cluster === undefined || cluster === null ? isolation : `${isolation} on ${cluster}`;
}

/** Each isolation on the named cluster, else on each that takes tenants; caches are on none. */
export async function listPlaces(
  isolations: readonly string[],
  { cluster, platform }: { readonly cluster: string | undefined; readonly platform: Platform },
): Promise<CheckedPlace[]> {
  const clusters = cluster === undefined ? await listOpenClusters(platform) : [cluster];
  if (cluster === undefined && clusters.length === 1)
    return isolations.map((isolation) => ({ isolation }));
  const withTables = isolations.filter((isolation) => isolationsWithTables.includes(isolation));
  const pools = withTables.includes('table')
    ? await listPools(platform)
    : new Map<string, string>();
  return [
    ...clusters.flatMap((id) =>
      withTables.map((isolation) => ({
        isolation,
        cluster: id,
        ...(isolation === 'table' && { pool: choosePool(pools, id) }),
      })),
    ),
    ...isolations
      .filter((isolation) => !withTables.includes(isolation))
      .map((isolation) => ({ isolation })),
  ];
}

async function listOpenClusters(platform: Platform): Promise<string[]> {
  const { clusters } = await platform.call('list-clusters', {});
  return clusters
    .filter(({ status, stack }) => status === 'active' && stack === null)
    .map(({ id }) => id);
}

/** The cluster of each pool that has tenants. */
async function listPools(platform: Platform): Promise<Map<string, string>> {
  const { tenants } = await platform.call('list-tenants', {});
  return new Map(
    tenants.flatMap(({ pool, cluster }) => (pool === null ? [] : [[pool, cluster] as const])),
  );
}

// A pool that is made for the check would stay, but for the usual one, which is made at home when it is needed first.
function choosePool(pools: ReadonlyMap<string, string>, cluster: string): string | null {
  const [there] = [...pools].find(([, it]) => it === cluster) ?? [];
  return there ?? (pools.has(defaultPool) || cluster !== homeClusterId ? null : defaultPool);
}
