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

/** The domain under which tenants get their first host name; without a custom domain it leads nowhere. */
export function baseDomainOf(domain: string | undefined): string {
  return domain ?? 'tenantry.invalid';
}

/** The name of a resource of a deployment: `tenantry-<stage>-<name>`. */
export function resourceName(stage: string, name: string): string {
  return `tenantry-${stage}-${name}`;
}

/** What the names of tenants' secrets begin with, those of dedicated tenants aside; the tenant's id follows. */
export function tenantSecretPrefix(stage: string): string {
  return `tenantry/${stage}/tenant/`;
}

/** What the names of dedicated tenants' secrets begin with; the tenant's id follows. */
export function dedicatedSecretPrefix(stage: string): string {
  return `tenantry/${stage}/dedicated/`;
}

/** What the names of the secrets of the platform's roles on a cluster other than the home one begin with; `/<role>` follows. */
export function clusterSecretPrefix(stage: string, cluster: string): string {
  return `tenantry/${stage}/cluster/${cluster}`;
}

/** The identifier of the home cluster. */
export function homeClusterName(stage: string): string {
  return resourceName(stage, 'home');
}

/** The name of a dedicated tenant's stack and cluster, and what the names of all else of its own begin with. */
export function applicationName(stage: string, tenantId: string): string {
  return resourceName(stage, `t-${tenantId}`);
}
