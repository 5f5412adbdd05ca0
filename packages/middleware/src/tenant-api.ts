import httpRouter from '@middy/http-router';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { findEndpoint, routeMissing } from './route-missing.ts';
import type { TenancyOptions } from './tenancy-options.ts';
import type { TenantEndpoint } from './tenant-endpoint.ts';
import type { TenantRequest } from './tenant-request.ts';
import { withTenant, type HttpHandler } from './with-tenant.ts';

/** What an API at tenants' hosts is made of. */
export interface TenantApiOptions<TenantTables, SharedTables> extends TenancyOptions<
  TenantTables,
  SharedTables
> {
  readonly endpoints: readonly TenantEndpoint<TenantTables, SharedTables>[];
}

/**
 * The handler of an API whose every endpoint works for the tenant of the request's host. The tenant is found before anything else; a
 * host without one gets 404 whatever its path.
 *
 * @example
 * export const handler = tenantApi({ endpoints: [listPolls, createPoll], resolver, open });
 */
export function tenantApi<TenantTables, SharedTables>(
  options: TenantApiOptions<TenantTables, SharedTables>,
): HttpHandler {
  const { endpoints, ...tenancy } = options;
  const routes = endpoints.map(({ endpoint }) => endpoint);
  const router = httpRouter<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({
    // The router types its handlers by Lambda's plain context; ours have `tenancy` on it, which is put there before.
    routes: endpoints.map(({ endpoint: { method, path }, handler }) => ({
      method,
      path,
      handler: handler as never,
    })),
    notFoundResponse: routeMissing(routes),
  });
  const operationOf = ({ method, path }: TenantRequest): string => {
    const endpoint = findEndpoint(routes, { method, path });
    return endpoint === undefined ? 'none' : `${endpoint.method} ${endpoint.path}`;
  };
  return withTenant(tenancy, async (event, context) => await router(event, context), {
    operationOf,
  });
}
