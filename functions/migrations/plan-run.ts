import {
  measureStatements,
  planChange,
  sumRows,
  tenantTarget,
  type PlannedChange,
} from '@tenantry/migrations';
import {
  completePace,
  countBearable,
  countCandidates,
  groupCandidates,
  listLeftOut,
  ownDatabaseOf,
  parseTenantId,
  picksTenants,
  resolveTargets,
  shareWaves,
  type CandidateGroup,
  type Isolation,
  type MigrationActions,
  type Run,
  type TargetView,
  type TenantId,
} from '@tenantry/tenancy';
import { pickRunCanaries } from '../fleet/pick-run-canaries.ts';
import { targetSetOf } from '../migration-set.ts';
import { targetOf } from '../tenant-target.ts';
import { compiled, fleet } from './environment.ts';
import { estimateRun } from './estimate-run.ts';

type Action = MigrationActions['plan-run'];

const set = targetSetOf(compiled);

/** Schemas whose rows are asked for in one query. */
const schemasAtOnce = 1000;
/** The largest groups stand for the others in how long their statements take. */
const measuredGroups = 8;

/**
 * What a run would do: its tenants by version with what each group gets, its waves as the run itself picks them, time and cost. Time comes
 * from running the statements on the reference and from the rows of the tables they go through; groups are judged by one of their tenants.
 */
export async function planRun(input: Action['input']): Promise<Action['result']> {
  const run = toRun(input);
  const pace = completePace(run.pace);
  const { catalog } = fleet;
  const isForTenants = picksTenants(run.selector);
  const total = isForTenants ? await countCandidates(catalog, run, set) : 0;
  const canary = total === 0 ? [] : await pickRunCanaries(fleet, run, set);
  const waves = shareWaves(total - canary.length, pace.waves);
  const groups = total === 0 ? [] : await planGroups(run);
  const { targets } = await resolveTargets(catalog, run.selector, set);
  const selected = targets.filter(({ scope }) => scope === 'tenant');
  const cost = await measureGroups(groups, selected);
  return {
    plan: {
      hash: run.hash,
      total,
      current: selected.length - total,
      canary: canary.map(({ slug, reason }) => ({ slug, reason })),
      waves,
      concurrency: pace.concurrency,
      maxFailures: countBearable(run.pace, total),
      leftOut: await listLeftOut(catalog, run.selector, set),
      groups: groups.map(({ group, change }) => ({
        from: group.version,
        tenants: group.tenants,
        pool: group.pool,
        migrations: change.migrations.map(({ id }) => id),
      })),
      estimate: estimateRun({
        ...pace,
        ...cost,
        waves: [canary.length, ...waves].filter((size) => size > 0),
      }),
    },
  };
}

/** A run as it would be; it is in no catalog. */
function toRun({ selector, change, pace }: Action['input']): Run {
  return {
    id: '',
    hash: compiled.hash,
    status: 'running',
    selector,
    change,
    pace,
    isVerified: false,
    actor: '',
    retryOf: null,
    startAt: null,
    isFrozen: false,
    total: 0,
  };
}

interface PlannedGroup {
  readonly group: CandidateGroup;
  readonly change: PlannedChange;
}

async function planGroups(run: Run): Promise<PlannedGroup[]> {
  const planned: PlannedGroup[] = [];
  for (const group of await groupCandidates(fleet.catalog, run, set)) {
    const example = parseTenantId(group.example);
    const own = ownDatabaseOf(group.isolation, example);
    const { migrator } = await fleet.openCluster(group.clusterId, own);
    const target = targetOf({ tenantId: example, pool: group.pool });
    const what = { compiled: compiled.scopes.tenant, change: run.change };
    planned.push({ group, change: await planChange(migrator, target, what) });
  }
  return planned;
}

type SelectedTenant = Pick<TargetView, 'tenantId' | 'version' | 'cluster' | 'isolation'>;

async function measureGroups(
  groups: readonly PlannedGroup[],
  selected: readonly SelectedTenant[],
): Promise<{ statementMs: number; scannedRows: number; writtenRows: number }> {
  let [milliseconds, tenants, scannedRows, writtenRows] = [0, 0, 0, 0];
  for (const [index, { group, change }] of groups.entries()) {
    const { migrator } = await fleet.openCluster(group.clusterId);
    if (index < measuredGroups) {
      // What tenants share is changed once.
      const times = group.pool === null ? group.tenants : 1;
      milliseconds += times * (await measureStatements(migrator, change));
      tenants += group.tenants;
    }
    for (const { database, targets } of listTables(group, selected)) {
      const login = await fleet.openCluster(group.clusterId, database);
      const rows = await sumRows(login.migrator, targets, change);
      scannedRows += rows.scannedRows;
      writtenRows += rows.writtenRows;
    }
  }
  return { statementMs: tenants === 0 ? 0 : milliseconds / tenants, scannedRows, writtenRows };
}

/** Where the tables of a group are: those of a pool once, else each tenant's own. */
function listTables(group: CandidateGroup, selected: readonly SelectedTenant[]) {
  const { pool, example } = group;
  if (pool !== null) return [{ database: null, targets: [targetOf({ tenantId: example, pool })] }];
  const ids = selected
    .filter(
      ({ version, cluster, isolation }) =>
        version === group.version && cluster === group.clusterId && isolation === group.isolation,
    )
    .map(({ tenantId }) => parseTenantId(tenantId ?? ''));
  return shareDatabases(group.isolation, ids);
}

/** Tenants by the database they are in, at most some hundred at a time. */
function shareDatabases(isolation: Isolation, ids: readonly TenantId[]) {
  const byDatabase = Map.groupBy(ids, (id) => ownDatabaseOf(isolation, id));
  return [...byDatabase].flatMap(([database, group]) =>
    Array.from({ length: Math.ceil(group.length / schemasAtOnce) }, (_, index) => ({
      database,
      targets: group
        .slice(index * schemasAtOnce, (index + 1) * schemasAtOnce)
        .map((id) => tenantTarget(id)),
    })),
  );
}
