import type middy from '@middy/core';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import type { TenantHandles } from '@tenantry/database';
import { matchHost, TenantNotActiveError, type Tenant, type TenantRoute } from '@tenantry/tenancy';
import { createLog } from './log.ts';
import { hostNotFound, ProblemError } from './problem.ts';
import type { TenantContext } from './tenant-context.ts';
import type { TenantResolver } from './tenant-resolver.ts';

/** How the middleware finds a tenant and opens its database. */
export interface TenantMiddlewareOptions<TenantTables, SharedTables> {
  readonly resolver: TenantResolver;
  /** Opens a tenant's database; called once a tenant and process. */
  readonly open: (route: TenantRoute) => TenantHandles<TenantTables, SharedTables>;
}

/** Lambda's context with what the middleware puts there. */
export type TenantLambdaContext<TenantTables, SharedTables> = Context & {
  tenancy: TenantContext<TenantTables, SharedTables>;
};

/** Databases kept open at most; over the Data API an open one holds no connection. */
const maxOpen = 1000;

/**
 * Finds the tenant of a request before anything else sees it, and puts `tenancy` (tenant, db, shared, log) on Lambda's context.
 *
 * Only the name that the gateway authenticated counts, and only an active tenant is served: every other host is answered alike.
 */
export function tenantMiddleware<TenantTables, SharedTables>(
  options: TenantMiddlewareOptions<TenantTables, SharedTables>,
): middy.MiddlewareObj<
  APIGatewayProxyEventV2,
  unknown,
  Error,
  TenantLambdaContext<TenantTables, SharedTables>
> {
  const handles = new Map<string, TenantHandles<TenantTables, SharedTables>>();
  const tenantMiddlewareBefore = async (request: {
    event: APIGatewayProxyEventV2;
    context: TenantLambdaContext<TenantTables, SharedTables>;
  }): Promise<void> => {
    const route = await findActiveRoute(options.resolver, request.event);
    const { db, shared } = openOnce(handles, route, options.open);
    request.context.tenancy = {
      tenant: route.tenant,
      db,
      shared,
      log: logOf(route.tenant, request.context),
    };
  };
  return { before: tenantMiddlewareBefore };
}

async function findActiveRoute(
  resolver: TenantResolver,
  event: APIGatewayProxyEventV2,
): Promise<TenantRoute> {
  const host = matchHost(event.requestContext.domainName, event.headers['host']);
  const route = host === undefined ? undefined : await resolver.findByHost(host);
  if (route === undefined) throw new ProblemError(hostNotFound);
  if (route.tenant.status !== 'active')
    throw new TenantNotActiveError(route.tenant.id, route.tenant.status);
  return route;
}

function openOnce<TenantTables, SharedTables>(
  handles: Map<string, TenantHandles<TenantTables, SharedTables>>,
  route: TenantRoute,
  open: (route: TenantRoute) => TenantHandles<TenantTables, SharedTables>,
): TenantHandles<TenantTables, SharedTables> {
  // The secret is part of the key: a tenant restored under another secret must not meet the old handle.
  const key = `${route.tenant.id} ${route.secretArn} ${route.database}`;
  const opened = handles.get(key) ?? open(route);
  handles.delete(key);
  handles.set(key, opened);
  const oldest = handles.keys().next().value;
  if (handles.size > maxOpen && oldest !== undefined) handles.delete(oldest);
  return opened;
}

function logOf(tenant: Tenant, context: Context) {
  return createLog({ tenant_id: tenant.id, request_id: context.awsRequestId });
}
