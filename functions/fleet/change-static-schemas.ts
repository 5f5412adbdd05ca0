import {
  applyMigrations,
  readLedger,
  revertMigrations,
  selectMigrations,
  selectReverts,
  staticTargets,
  type CompiledScope,
} from '@tenantry/migrations';
import {
  homeClusterId,
  setStaticSchemaVersion,
  type Run,
  type RunChange,
  type StaticResult,
} from '@tenantry/tenancy';
import type { Fleet, FleetCluster } from './fleet.ts';

const staticScopes = ['shared', 'site'] as const;

/**
 * Brings the static schemas that a run selects to where its change says, and answers what was done to each. A migration or module that
 * the change names leaves the schemas alone that do not have it. What a run did to them is not undone with it.
 */
export async function changeStaticSchemas(fleet: Fleet, run: Run): Promise<StaticResult[]> {
  const { change, selector } = run;
  if (change.kind === 'undo') return [];
  const home = await fleet.openCluster(homeClusterId);
  const results: StaticResult[] = [];
  for (const name of staticScopes) {
    const scope = fleet.compiled.scopes[name];
    if (selector.scopes?.includes(name) !== true || !holds(scope, change)) continue;
    const { ids, version } = await changeSchema(home, { name, scope, change, runId: run.id });
    const isNewest = change.kind === 'up' && change.to === undefined && change.module === undefined;
    const hash = isNewest ? scope.hash : '';
    await setStaticSchemaVersion(fleet.catalog, name, { version, hash });
    results.push({ scope: name, applied: ids });
  }
  return results;
}

type Directed = Exclude<RunChange, { kind: 'undo' }>;

async function changeSchema(
  { migrator, indexer }: FleetCluster,
  to: {
    readonly name: (typeof staticScopes)[number];
    readonly scope: CompiledScope;
    readonly change: Directed;
    readonly runId: string;
  },
): Promise<{ readonly ids: readonly string[]; readonly version: string | null }> {
  const { scope, change, runId } = to;
  const target = staticTargets[to.name];
  const options = { runId, ...(indexer && { indexer }) };
  if (change.kind === 'up') {
    const migrations = selectMigrations(scope, change);
    const { applied, version } = await applyMigrations(migrator, target, migrations, options);
    return { ids: applied, version };
  }
  const reverts = selectReverts(scope, await readLedger(migrator, target), change);
  const { reverted, version } = await revertMigrations(migrator, target, reverts, options);
  return { ids: reverted, version };
}

function holds({ migrations }: CompiledScope, { to, module }: Directed): boolean {
  const hasTarget = typeof to !== 'string' || migrations.some(({ id }) => id === to);
  return hasTarget && (module === undefined || migrations.some((it) => it.module === module));
}
