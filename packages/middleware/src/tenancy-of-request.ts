import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { LRUCache } from 'lru-cache';
import type { TenantHandles } from '@tenantry/database';
import { matchHost, TenantNotActiveError, type TenantRoute } from '@tenantry/tenancy';
import { createLog } from './log.ts';
import { hostNotFound, ProblemError } from './problem.ts';
import type { TenantContext } from './tenant-context.ts';
import type { TenantResolver } from './tenant-resolver.ts';

/** How a request's tenant is found and its database opened. */
export interface TenancyOptions<TenantTables, SharedTables> {
  readonly resolver: TenantResolver;
  /** Opens a tenant's database; called once a tenant, secret and process. */
  readonly open: (route: TenantRoute) => TenantHandles<TenantTables, SharedTables>;
}

/** Databases kept open at most; over the Data API an open one holds no connection. */
const maxOpen = 1000;

/** Gives a request its tenant. */
export interface TenancyOfRequest<TenantTables, SharedTables> {
  /** The context of the request's tenant. Throws when its host leads to no active tenant. */
  find(
    event: APIGatewayProxyEventV2,
    context: Context,
  ): Promise<TenantContext<TenantTables, SharedTables>>;
  /** Forgets what was remembered of the request's host, then as `find`. */
  findAnew(
    event: APIGatewayProxyEventV2,
    context: Context,
  ): Promise<TenantContext<TenantTables, SharedTables>>;
}

/** Finds tenants by the name that the gateway authenticated, and nothing else of a request. */
export function createTenancyOfRequest<TenantTables, SharedTables>(
  options: TenancyOptions<TenantTables, SharedTables>,
): TenancyOfRequest<TenantTables, SharedTables> {
  const { resolver } = options;
  const openOnce = rememberOpened(options.open);
  const find: TenancyOfRequest<TenantTables, SharedTables>['find'] = async (event, context) => {
    const host = hostOf(event);
    const route = host === undefined ? undefined : await resolver.findByHost(host);
    if (route === undefined) throw new ProblemError(hostNotFound);
    const { tenant } = route;
    if (tenant.status !== 'active') throw new TenantNotActiveError(tenant.id, tenant.status);
    const log = createLog({ tenant_id: tenant.id, request_id: context.awsRequestId });
    return { tenant, ...openOnce(route), log };
  };
  const findAnew: typeof find = async (event, context) => {
    const host = hostOf(event);
    if (host !== undefined) resolver.forget(host);
    return await find(event, context);
  };
  return { find, findAnew };
}

function hostOf(event: APIGatewayProxyEventV2) {
  return matchHost(event.requestContext.domainName, event.headers['host']);
}

// The secret is part of the key: a tenant restored under another secret must not meet the old handles.
function rememberOpened<TenantTables, SharedTables>(
  open: (route: TenantRoute) => TenantHandles<TenantTables, SharedTables>,
) {
  const opened = new LRUCache<string, TenantHandles<TenantTables, SharedTables>>({ max: maxOpen });
  return (route: TenantRoute): TenantHandles<TenantTables, SharedTables> => {
    const key = `${route.tenant.id} ${route.secretArn} ${route.database}`;
    const handles = opened.get(key) ?? open(route);
    opened.set(key, handles);
    return handles;
  };
}
