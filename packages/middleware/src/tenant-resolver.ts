import { LRUCache } from 'lru-cache';
import { isLoginRefused } from '@tenantry/database';
import {
  DatabaseUnavailableError,
  findOwnRoute,
  findRoute,
  hasTables,
  tablelessRouteMs,
  type CatalogDb,
  type Host,
  type TenantId,
  type TenantRoute,
} from '@tenantry/tenancy';
import { createLookupBudget } from './lookup-budget.ts';

/** Finds the tenant of a host name. */
export interface TenantResolver {
  /** The host's route, or undefined when the host leads to no tenant. Throws `DatabaseUnavailableError` when nobody can say. */
  findByHost(host: Host): Promise<TenantRoute | undefined>;
  /** Asks the catalog again at the next request: the database would not have what is remembered. */
  forget(host: Host): void;
}

/** How long and how much a resolver remembers. */
export interface TenantResolverOptions {
  /**
   * How long a route is believed without asking the catalog again; the one of a tenant without tables for 5 s at most.
   * @default 30000
   */
  readonly ttlMs?: number;
  /** Hosts remembered at most. @default 10000 */
  readonly maxHosts?: number;
  /** Questions to the catalog a second at most; beyond them an unknown host is believed to be one. @default 100 */
  readonly maxLookupsPerSecond?: number;
  /**
   * The one tenant that an application of its own serves, with whose login it asks the catalog.
   * @default - all that have no application of their own are served
   */
  readonly only?: TenantId;
}

/**
 * Resolves hosts of the tenants that are served here through the catalog, with bounded memory and a bounded number of queries, one at a time for a host however many ask.
 * When the catalog is out of reach, a route is believed for as long as it would have been anyway.
 *
 * That a host leads nowhere, or to a tenant that is not served, is never remembered, so that a new tenant and a resumed one answer at once; a
 * flood of unknown hosts is held off by the number of look-ups a second.
 */
export function createTenantResolver(
  catalog: CatalogDb,
  options: TenantResolverOptions = {},
): TenantResolver {
  const { ttlMs = 30_000, maxHosts = 10_000, maxLookupsPerSecond = 100, only } = options;
  const mayLookUp = createLookupBudget(maxLookupsPerSecond);
  const routes = new LRUCache<Host, TenantRoute>({
    max: maxHosts,
    ttl: ttlMs,
    fetchMethod: async (host, _, { options: entry }) => {
      const route = await askCatalog(catalog, host, only);
      if (route !== undefined && !hasTables(route)) entry.ttl = Math.min(ttlMs, tablelessRouteMs);
      return route;
    },
  });
  const inFlight = new Map<Host, Promise<TenantRoute | undefined>>();
  const lookUp = async (host: Host): Promise<TenantRoute | undefined> => {
    const lookup = inFlight.get(host) ?? routes.fetch(host);
    inFlight.set(host, lookup);
    try {
      const route = await lookup;
      if (route !== undefined && route.tenant.status !== 'active') routes.delete(host);
      return route;
    } finally {
      inFlight.delete(host);
    }
  };
  return {
    findByHost: async (host) => {
      const known = routes.get(host);
      if (known !== undefined) return known;
      return inFlight.has(host) || mayLookUp() ? await lookUp(host) : undefined;
    },
    forget: (host) => {
      routes.delete(host);
    },
  };
}

// Whatever the catalog's failure is, it says nothing about the host; least of all that the tenant's own login was refused.
async function askCatalog(
  catalog: CatalogDb,
  host: Host,
  only: TenantId | undefined,
): Promise<TenantRoute | undefined> {
  try {
    if (only === undefined) {
      const route = await findRoute(catalog, host);
      return route?.tenant.isolation === 'dedicated' ? undefined : route;
    }
    const route = await findOwnRoute(catalog, host);
    return route?.tenant.id === only ? route : undefined;
  } catch (error) {
    // A tenant whose login is closed is suspended or gone, which is no failure of the catalog.
    if (only !== undefined && isLoginRefused(error)) return undefined;
    throw new DatabaseUnavailableError('the catalog does not answer', error);
  }
}
