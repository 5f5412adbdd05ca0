import type { MigrationActions } from '@tenantry/tenancy';
import type { PlatformAction } from './platform.ts';

const names = {
  'plan-run': true,
  'plan-tenant': true,
  'mark-migration': true,
  'baseline-tenant': true,
  'show-history': true,
  'check-tenants': true,
} as const satisfies Record<keyof MigrationActions, true>;

/** The actions that the function `migrations` answers; the control function answers all others. */
export const migrationActions: ReadonlySet<PlatformAction> = new Set(
  Object.keys(names) as (keyof MigrationActions)[],
);
