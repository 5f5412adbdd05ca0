import middy from '@middy/core';
import httpRouter from '@middy/http-router';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { TenantHandles } from '@tenantry/database';
import type { TenantRoute } from '@tenantry/tenancy';
import type { TenantEndpoint } from './tenant-endpoint.ts';
import { problemErrors } from './problem-errors.ts';
import { routeMissing } from './route-missing.ts';
import { tenantMiddleware } from './tenant-middleware.ts';
import type { TenantResolver } from './tenant-resolver.ts';

/** What an API at tenants' hosts is made of. */
export interface TenantApiOptions<TenantTables, SharedTables> {
  readonly endpoints: readonly TenantEndpoint<TenantTables, SharedTables>[];
  readonly resolver: TenantResolver;
  /** Opens a tenant's database; called once a tenant and process. */
  readonly open: (route: TenantRoute) => TenantHandles<TenantTables, SharedTables>;
}

/** A handler for Lambda behind an HTTP API. */
export type HttpHandler = (
  event: APIGatewayProxyEventV2,
  context: never,
) => Promise<APIGatewayProxyStructuredResultV2>;

/**
 * The handler of an API whose every endpoint works for the tenant of the request's host. The tenant is found before anything else; a
 * host without one gets 404 whatever its path.
 */
export function tenantApi<TenantTables, SharedTables>(
  options: TenantApiOptions<TenantTables, SharedTables>,
): HttpHandler {
  const { endpoints, resolver, open } = options;
  const router = httpRouter<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({
    // The router types its handlers by Lambda's plain context; ours have `tenancy` on it, put there one line below.
    routes: endpoints.map(({ endpoint: { method, path }, handler }) => ({
      method,
      path,
      handler: handler as never,
    })),
    notFoundResponse: routeMissing(endpoints.map(({ endpoint }) => endpoint)),
  });
  return middy()
    .use(problemErrors())
    .use(tenantMiddleware({ resolver, open }))
    .handler(router as never) as unknown as HttpHandler;
}
