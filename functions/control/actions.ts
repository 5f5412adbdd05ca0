import {
  findRun,
  getCreation,
  getTenant,
  listRunItems,
  listRuns,
  listTenants,
  listClusterViews,
  listTenantVersions,
  resolveTargets,
  setCluster,
  type ControlAction,
  type ControlActions,
} from '@tenantry/tenancy';
import { createTenant } from './create-tenant.ts';
import { createTenants } from './create-tenants.ts';
import { deleteTenant } from './delete-tenant.ts';
import { tellRun } from './control-run.ts';
import { catalog, compiled } from './environment.ts';
import { recordTenant } from './record-tenant.ts';
import { showHealth } from './show-health.ts';
import { showRoute } from './show-route.ts';
import { startRun } from './start-run.ts';
import { resumeTenant, suspendTenant } from './suspend-tenant.ts';
import { targetSetOf } from '../migration-set.ts';

type Actions = {
  readonly [Action in ControlAction]: (
    input: ControlActions[Action]['input'],
  ) => Promise<ControlActions[Action]['result']>;
};

const set = targetSetOf(compiled);

/** What the control function can do, by action. */
export const actions: Actions = {
  'create-tenant': createTenant,
  'create-tenants': createTenants,
  'show-creation': async ({ creation }) => ({ creation: await getCreation(catalog, creation) }),
  'list-tenants': async () => ({ tenants: await listTenants(catalog) }),
  'show-tenant': async ({ reference }) => ({ tenant: await getTenant(catalog, reference) }),
  'delete-tenant': deleteTenant,
  'suspend-tenant': suspendTenant,
  'resume-tenant': resumeTenant,
  'record-tenant': recordTenant,
  'show-route': showRoute,
  'show-health': showHealth,
  'list-targets': async ({ selector }) => await resolveTargets(catalog, selector, set),
  'list-clusters': async () => ({ clusters: await listClusterViews(catalog) }),
  'set-cluster': async ({ cluster, ...change }) => ({
    cluster: await setCluster(catalog, cluster, change),
  }),
  'start-run': startRun,
  'control-run': tellRun,
  'list-runs': async ({ limit }) => ({ runs: await listRuns(catalog, limit) }),
  'list-run-items': async (query) => ({ items: await listRunItems(catalog, query) }),
  'migrate-status': async ({ references }) => ({
    migrations: [...set.migrations],
    tenants: await listTenantVersions(catalog, set, references),
  }),
  'show-run': async (reference) => ({ run: (await findRun(catalog, reference)) ?? null }),
};
