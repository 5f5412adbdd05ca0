import type {
  AuditActions,
  ClusterActions,
  IsolationCheckActions,
  MigrationActions,
  RepairActions,
} from '@tenantry/tenancy';
import type { PlatformAction } from './platform.ts';

const functions = {
  'plan-run': 'migrations',
  'plan-tenant': 'migrations',
  'mark-migration': 'migrations',
  'baseline-tenant': 'migrations',
  'show-history': 'migrations',
  'verify-versions': 'migrations',
  'check-tenants': 'migrations',
  'add-cluster': 'clusters',
  'run-audit': 'audit',
  'repair-findings': 'repair',
  'check-isolation': 'isolation-check',
} as const satisfies Record<
  keyof (MigrationActions & ClusterActions & AuditActions & RepairActions & IsolationCheckActions),
  string
>;

/** The last part of the name of the function that answers an action: `control`, unless it takes rights that `control` has not. */
export function functionOfAction(action: PlatformAction): string {
  return Object.hasOwn(functions, action) ? functions[action as keyof typeof functions] : 'control';
}
