import type { PostgresServer } from './customer-database.ts';
import type { Host } from './host.ts';
import type { Isolation } from './isolation.ts';
import type { PoolName } from './pool.ts';
import type { TenantId } from './tenant-id.ts';
import type { TenantSlug } from './tenant-slug.ts';

/** Where a tenant is in its life. Only `active` is routable. */
export type TenantStatus =
  | 'provisioning'
  | 'active'
  | 'suspended'
  | 'failed'
  | 'deleting'
  | 'deleted';

/** The application's own values on a tenant: `plan`, `trialEndsAt`, ... */
export type TenantFields = Readonly<Record<string, string | number | boolean>>;

/** A tenant as the request path knows it: enough to route, log in and show, and nothing secret. */
export interface Tenant {
  readonly id: TenantId;
  readonly slug: TenantSlug;
  readonly name: string;
  readonly isolation: Isolation;
  readonly status: TenantStatus;
  readonly fields: TenantFields;
  readonly primaryHost: Host;
}

/** A tenant together with where its data is and which secret opens it. */
export interface TenantRoute {
  readonly tenant: Tenant;
  readonly clusterArn: string;
  readonly database: string;
  /** Where a database answers that the customer brought along. @default - the Data API of the cluster leads to it */
  readonly server?: PostgresServer;
  /** The tables that it shares with others; null unless its isolation is `table`. */
  readonly pool: PoolName | null;
  /** Null for a tenant of isolation `cache`, which has no tables. */
  readonly secretArn: string | null;
}

/**
 * How long the route of a tenant without tables is believed at most: a tenant's login can be closed, while nothing but its routes keeps
 * requests from a cache.
 */
export const tablelessRouteMs = 5000;

/** The route of a tenant that has tables. */
export type TablesRoute = TenantRoute & { readonly secretArn: string };

/** Whether a tenant has tables to be opened; one of isolation `cache` has none. */
export function hasTables(route: TenantRoute): route is TablesRoute {
  return route.secretArn !== null;
}
