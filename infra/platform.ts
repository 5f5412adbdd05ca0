import type { FurtherClusters } from './constructs/further-clusters.ts';
import type { TenantDatabase } from './constructs/tenant-database.ts';
import type { FunctionCode } from './function-code.ts';

/** What every construct of the platform builds on. */
export interface Platform {
  /** Name of the deployment. */
  readonly stage: string;
  /** Domain under which tenants get their first host name. */
  readonly baseDomain: string;
  readonly database: TenantDatabase;
  /** The other clusters that hold tenants. */
  readonly clusters: FurtherClusters;
  readonly code: FunctionCode;
}

/** The name of a resource of a deployment: `tenantry-<stage>-<name>`. */
export function resourceName(stage: string, name: string): string {
  return `tenantry-${stage}-${name}`;
}

/** What the names of all tenants' secrets begin with; the tenant's id follows. */
export function tenantSecretPrefix(stage: string): string {
  return `tenantry/${stage}/tenant/`;
}
