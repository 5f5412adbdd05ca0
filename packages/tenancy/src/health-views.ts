import type { AuditReport } from './audit-views.ts';

/** A tenant whose workflow ended without finishing it. */
export interface StuckTenantView {
  readonly slug: string;
  readonly status: 'provisioning' | 'suspended' | 'deleting';
  /** ISO 8601 in UTC. */
  readonly since: string;
  /** Name of the execution that held it last. */
  readonly execution: string;
}

/** What the catalog says about how a deployment does. */
export interface CatalogHealth {
  /** Tenants by status, deleted ones left out. */
  readonly tenants: Readonly<Record<string, number>>;
  /** Active tenants that have pending migrations. */
  readonly behind: number;
  /** Schemas that exist once and have pending migrations. */
  readonly staleSchemas: readonly string[];
  /** The first tenants whose creation failed, by slug. */
  readonly failed: readonly {
    readonly slug: string;
    readonly step: string;
    readonly message: string;
  }[];
  /** Runs that are open and hold tenants of workers that gave no sign. */
  readonly stuckRuns: readonly { readonly run: string; readonly tenants: number }[];
}

/** How a deployment does, as its control function sees it. */
export interface HealthView extends CatalogHealth {
  /** Of the deployed functions. */
  readonly version: string;
  /** The function's clock, ISO 8601 in UTC. */
  readonly time: string;
  readonly stuckTenants: readonly StuckTenantView[];
  /** The last audit; null before the first. */
  readonly audit: AuditReport | null;
}

/** What the control function can be asked about the deployment itself. */
export interface HealthActions {
  'show-health': {
    readonly input: Record<string, never>;
    readonly result: { readonly health: HealthView };
  };
}
