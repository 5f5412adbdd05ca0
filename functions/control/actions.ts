import {
  findRun,
  getTenant,
  listTenants,
  type ControlAction,
  type ControlActions,
} from '@tenantry/tenancy';
import { createTenant } from './create-tenant.ts';
import { deleteTenant } from './delete-tenant.ts';
import { catalog } from './environment.ts';
import { migrateStatus, migrateUp } from './migrations.ts';

type Actions = {
  readonly [Action in ControlAction]: (
    input: ControlActions[Action]['input'],
  ) => Promise<ControlActions[Action]['result']>;
};

/** What the control function can do, by action. */
export const actions: Actions = {
  'create-tenant': createTenant,
  'list-tenants': async () => ({ tenants: await listTenants(catalog) }),
  'show-tenant': async ({ reference }) => ({ tenant: await getTenant(catalog, reference) }),
  'delete-tenant': deleteTenant,
  'migrate-up': migrateUp,
  'migrate-status': migrateStatus,
  'show-run': async (reference) => ({ run: (await findRun(catalog, reference)) ?? null }),
};
