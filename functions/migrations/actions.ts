import type { MigrationAction, MigrationActions } from '@tenantry/tenancy';
import { baselineTenant } from './baseline-tenant.ts';
import { checkTenants } from './check-tenants.ts';
import { markMigration } from './mark-migration.ts';
import { planRun } from './plan-run.ts';
import { planTenantChange } from './plan-tenant-change.ts';
import { showHistory } from './show-history.ts';
import { verifyTenants } from './verify-tenants.ts';

type Actions = {
  readonly [Action in MigrationAction]: (
    input: MigrationActions[Action]['input'],
  ) => Promise<MigrationActions[Action]['result']>;
};

/** What the function can do, by action. */
export const actions: Actions = {
  'plan-run': planRun,
  'plan-tenant': planTenantChange,
  'mark-migration': markMigration,
  'baseline-tenant': baselineTenant,
  'show-history': showHistory,
  'verify-versions': verifyTenants,
  'check-tenants': checkTenants,
};
