import { LRUCache } from 'lru-cache';
import type { TenantCache, TenantCaches } from '@tenantry/cache';
import { openNoTables, type TenantHandles } from '@tenantry/database';
import {
  hasTables,
  matchHost,
  TenantNotActiveError,
  type Host,
  type TablesRoute,
  type Tenant,
  type TenantId,
  type TenantRoute,
} from '@tenantry/tenancy';
import { bindLog, getLambdaLog } from './log.ts';
import { missingCache } from './missing-cache.ts';
import { hostNotFound, ProblemError } from './problem.ts';
import { originAt } from './request-origin.ts';
import { assertTenancyOptions, type TenancyOptions } from './tenancy-options.ts';
import type { TenantContext } from './tenant-context.ts';
import type { TenantRequest } from './tenant-request.ts';
import { withSpan } from './with-span.ts';

/** Databases kept open at most; over the Data API an open one holds no connection. */
const maxOpen = 1000;

/** Gives a request its tenant. Every adapter (middy, plain handlers, Hono) stands on this. */
export interface TenancyOfRequest<TenantTables, SharedTables> {
  /** The context of the request's tenant. Throws when its host leads to no active tenant, or to another host. */
  find(request: TenantRequest): Promise<TenantContext<TenantTables, SharedTables>>;
  /** Forgets what was remembered of the request's host: the database would not have it. */
  forget(request: TenantRequest): void;
}

/**
 * Finds tenants by the name that the gateway authenticated, and nothing else of a request. Throws `TypeError` for options that are not
 * as `TenancyOptions` says.
 */
export function createTenancyOfRequest<TenantTables, SharedTables>(
  options: TenancyOptions<TenantTables, SharedTables>,
): TenancyOfRequest<TenantTables, SharedTables> {
  assertTenancyOptions(options);
  const { resolver } = options;
  const openOnce = rememberOpened(options.open);
  const openCacheOnce = rememberCaches(options.cache ?? (() => missingCache));
  const log = options.log ?? getLambdaLog();
  const find = async (request: TenantRequest) => {
    const { host, route } = await findRoute(resolver, request);
    const { tenant } = route;
    assertServed(tenant, options);
    if (options.redirectToPrimary === true && host !== tenant.primaryHost)
      throw new ProblemError(moved(tenant.primaryHost, request));
    const fields = {
      tenant_id: tenant.id,
      request_id: request.requestId,
      correlation_id: request.correlationId,
    };
    const cache = openCacheOnce(tenant.id);
    return { tenant, ...openOnce(route), cache, log: bindLog(log, fields) };
  };
  return {
    find: async (request) =>
      await withSpan('tenant.resolve', {}, async (setAttributes) => {
        const found = await find(request);
        setAttributes({ 'tenant.id': found.tenant.id });
        return found;
      }),
    forget: (request) => {
      const host = hostOf(request);
      if (host !== undefined) resolver.forget(host);
    },
  };
}

async function findRoute(
  resolver: TenancyOptions<unknown, unknown>['resolver'],
  request: TenantRequest,
): Promise<{ readonly host: Host; readonly route: TenantRoute }> {
  const host = hostOf(request);
  const route = host === undefined ? undefined : await resolver.findByHost(host);
  if (host === undefined || route === undefined) throw new ProblemError(hostNotFound);
  return { host, route };
}

function hostOf({ domainName, hostHeader }: TenantRequest): Host | undefined {
  return matchHost(domainName, hostHeader);
}

function assertServed(
  tenant: Tenant,
  { suspended }: Pick<TenancyOptions<unknown, unknown>, 'suspended'>,
): void {
  if (tenant.status === 'active') return;
  if (tenant.status !== 'suspended' || suspended === undefined)
    throw new TenantNotActiveError(tenant.id, tenant.status);
  const { status, detail } = suspended;
  const title = status === 403 ? 'Forbidden' : 'Service Unavailable';
  throw new ProblemError({ status, code: 'TENANT_NOT_ACTIVE', title, detail });
}

function moved(primaryHost: Host, { entrance, path, queryString }: TenantRequest) {
  const target = queryString === '' ? path : `${path}?${queryString}`;
  // Gateways differ in how much of a path they decode; what is no part of a URL is encoded again.
  const encoded = target.toWellFormed().replaceAll(/[^\x21-\x7e]+/gu, encodeURIComponent);
  return {
    status: 308,
    code: 'TENANT_MOVED',
    title: 'Permanent Redirect',
    detail: 'This is served at another host name.',
    headers: { location: originAt(entrance, primaryHost) + encoded },
  };
}

// The secret is part of the key: a tenant restored under another secret must not meet the old handles.
function rememberOpened<TenantTables, SharedTables>(
  open: (route: TablesRoute) => TenantHandles<TenantTables, SharedTables>,
) {
  const opened = new LRUCache<string, TenantHandles<TenantTables, SharedTables>>({ max: maxOpen });
  return (route: TenantRoute): TenantHandles<TenantTables, SharedTables> => {
    if (!hasTables(route)) return openNoTables(route.tenant.id);
    const key = `${route.tenant.id} ${route.secretArn} ${route.clusterArn} ${route.database}`;
    const handles = opened.get(key) ?? open(route);
    opened.set(key, handles);
    return handles;
  };
}

/** A cache holds its tenant's credentials, which take a call to STS. */
function rememberCaches(open: TenantCaches): TenantCaches {
  const opened = new LRUCache<TenantId, TenantCache>({ max: maxOpen });
  return (tenantId) => {
    const cache = opened.get(tenantId) ?? open(tenantId);
    opened.set(tenantId, cache);
    return cache;
  };
}
