import { LRUCache } from 'lru-cache';
import { findRoute, type CatalogDb, type Host, type TenantRoute } from '@tenantry/tenancy';

/** Finds the tenant of a host name. */
export interface TenantResolver {
  /** The host's route, or undefined when the host leads to no tenant. Throws `DatabaseUnavailableError` when nobody can say. */
  findByHost(host: Host): Promise<TenantRoute | undefined>;
}

/** How long and how much a resolver remembers. */
export interface TenantResolverOptions {
  /** How long a route is believed without asking the catalog again. @default 30000 */
  readonly ttlMs?: number;
  /** The same for hosts that lead nowhere. @default 5000 */
  readonly unknownTtlMs?: number;
  /** Hosts remembered at most. @default 10000 */
  readonly maxHosts?: number;
}

type Entry = { readonly route: TenantRoute | undefined };

/**
 * Resolves hosts through the catalog with a bounded memory: one query a host at a time however many ask, and the last good answer as
 * long as the catalog is out of reach and the answer has not outlived its time.
 */
export function createTenantResolver(
  catalog: CatalogDb,
  options: TenantResolverOptions = {},
): TenantResolver {
  const { ttlMs = 30_000, unknownTtlMs = 5000, maxHosts = 10_000 } = options;
  const entries = new LRUCache<Host, Entry>({
    max: maxHosts,
    ttl: ttlMs,
    fetchMethod: async (host, _stale, { options: fetchOptions }) => {
      const route = await findRoute(catalog, host);
      if (route === undefined) fetchOptions.ttl = unknownTtlMs;
      return { route };
    },
  });
  return {
    async findByHost(host) {
      const entry = await entries.fetch(host);
      return entry?.route;
    },
  };
}
