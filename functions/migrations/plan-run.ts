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
  parseTenantId,
  picksTenants,
  resolveTargets,
  shareWaves,
  type CandidateGroup,
  type MigrationActions,
  type Run,
} from '@tenantry/tenancy';
import { pickRunCanaries } from '../fleet/pick-run-canaries.ts';
import { targetSetOf } from '../migration-set.ts';
import { compiled, fleet } from './environment.ts';
import { estimateRun } from './estimate-run.ts';

type Action = MigrationActions['plan-run'];

const set = targetSetOf(compiled);

/** Schemas whose rows are asked for in one query. */
const schemasAtOnce = 1000;

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
    const { migrator } = await fleet.openCluster(group.clusterId);
    const target = tenantTarget(parseTenantId(group.example));
    const what = { compiled: compiled.scopes.tenant, change: run.change };
    planned.push({ group, change: await planChange(migrator, target, what) });
  }
  return planned;
}

async function measureGroups(
  groups: readonly PlannedGroup[],
  selected: readonly {
    readonly tenantId: string | null;
    readonly version: string | null;
    readonly cluster: string;
  }[],
): Promise<{ statementMs: number; scannedRows: number; writtenRows: number }> {
  let [milliseconds, tenants, scannedRows, writtenRows] = [0, 0, 0, 0];
  for (const { group, change } of groups) {
    const { migrator } = await fleet.openCluster(group.clusterId);
    milliseconds += group.tenants * (await measureStatements(migrator, change));
    tenants += group.tenants;
    const targets = selected
      .filter(({ version, cluster }) => version === group.version && cluster === group.clusterId)
      .map(({ tenantId }) => tenantTarget(parseTenantId(tenantId ?? '')));
    for (let start = 0; start < targets.length; start += schemasAtOnce) {
      const rows = await sumRows(migrator, targets.slice(start, start + schemasAtOnce), change);
      scannedRows += rows.scannedRows;
      writtenRows += rows.writtenRows;
    }
  }
  return { statementMs: tenants === 0 ? 0 : milliseconds / tenants, scannedRows, writtenRows };
}
