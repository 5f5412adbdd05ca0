import {
  completePace,
  countCandidates,
  isRetryable,
  listCandidates,
  pickCanaries,
  type Canary,
  type Run,
  type RunCandidate,
  type TargetSet,
} from '@tenantry/tenancy';
import type { Fleet } from './fleet.ts';
import { readExtremeSizes, readTenantSizes, type TenantSize } from './read-tenant-sizes.ts';

/** Tenants that are looked at; of a larger fleet the oldest, and the smallest and largest of each cluster. */
const shortlist = 1000;

/** The tenants that go first in a run. */
export async function pickRunCanaries(fleet: Fleet, run: Run, set: TargetSet): Promise<Canary[]> {
  const { canary } = completePace(run.pace);
  if (canary === 0) return [];
  if (typeof canary !== 'number') {
    const named = await listCandidates(fleet.catalog, run, {
      set,
      among: canary,
      limit: canary.length,
    });
    return pickCanaries(named.map(withoutRows), canary);
  }
  const candidates = await listCandidates(fleet.catalog, run, { set, limit: shortlist });
  const total = await countCandidates(fleet.catalog, run, set);
  const sizes =
    total <= shortlist
      ? await readSizesOf(fleet, candidates)
      : await readExtremes(fleet, candidates);
  const extremes =
    total <= shortlist ? [] : await listSized(fleet, run, { set, sizes: [...sizes.keys()] });
  const known = new Map([...candidates, ...extremes].map((it) => [it.id, it]));
  const looked = [...known.values()].map(({ id, slug, version }) => ({
    id,
    slug,
    rows: sizes.get(id) ?? null,
    position: version === null ? -1 : set.migrations.indexOf(version),
  }));
  return pickCanaries(looked, canary);
}

function withoutRows({ id, slug }: RunCandidate) {
  return { id, slug, rows: null, position: -1 };
}

async function listSized(
  { catalog }: Fleet,
  run: Run,
  { set, sizes }: { readonly set: TargetSet; readonly sizes: readonly string[] },
): Promise<RunCandidate[]> {
  return await listCandidates(catalog, run, { set, among: sizes, limit: sizes.length });
}

async function readSizesOf(
  fleet: Fleet,
  candidates: readonly RunCandidate[],
): Promise<Map<string, number>> {
  return await readFromClusters(fleet, candidates, async (migrator, ids) =>
    readTenantSizes(migrator, ids),
  );
}

async function readExtremes(
  fleet: Fleet,
  candidates: readonly RunCandidate[],
): Promise<Map<string, number>> {
  return await readFromClusters(fleet, candidates, async (migrator) =>
    readExtremeSizes(migrator, shortlist / 2),
  );
}

type Migrator = Awaited<ReturnType<Fleet['openCluster']>>['migrator'];

/** A cluster that does not answer has no sizes; the run itself will name its tenants. */
async function readFromClusters(
  fleet: Fleet,
  candidates: readonly RunCandidate[],
  read: (migrator: Migrator, ids: readonly string[]) => Promise<TenantSize[]>,
): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  const byCluster = Map.groupBy(candidates, ({ clusterId }) => clusterId);
  for (const [clusterId, tenants] of byCluster) {
    const { migrator } = await fleet.openCluster(clusterId);
    try {
      const found = await read(
        migrator,
        tenants.map(({ id }) => id),
      );
      for (const { tenantId, rows } of found) sizes.set(tenantId, rows);
    } catch (error) {
      if (!isRetryable(error)) throw error;
    }
  }
  return sizes;
}
