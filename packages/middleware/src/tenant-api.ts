import middy from '@middy/core';
import httpRouter from '@middy/http-router';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { isLoginRefused } from '@tenantry/database';
import { problemErrors } from './problem-errors.ts';
import { routeMissing } from './route-missing.ts';
import {
  createTenancyOfRequest,
  type TenancyOfRequest,
  type TenancyOptions,
} from './tenancy-of-request.ts';
import type { TenantEndpoint } from './tenant-endpoint.ts';
import { tenantMiddleware, type TenantLambdaContext } from './tenant-middleware.ts';

/** What an API at tenants' hosts is made of. */
export interface TenantApiOptions<TenantTables, SharedTables> extends TenancyOptions<
  TenantTables,
  SharedTables
> {
  readonly endpoints: readonly TenantEndpoint<TenantTables, SharedTables>[];
}

/** A handler for Lambda behind an HTTP API. */
export type HttpHandler = (
  event: APIGatewayProxyEventV2,
  context: never,
) => Promise<APIGatewayProxyStructuredResultV2>;

type TenantHandler<TenantTables, SharedTables> = (
  event: APIGatewayProxyEventV2,
  context: TenantLambdaContext<TenantTables, SharedTables>,
) => Promise<APIGatewayProxyStructuredResultV2>;

/**
 * The handler of an API whose every endpoint works for the tenant of the request's host. The tenant is found before anything else; a
 * host without one gets 404 whatever its path.
 */
export function tenantApi<TenantTables, SharedTables>(
  options: TenantApiOptions<TenantTables, SharedTables>,
): HttpHandler {
  const { endpoints } = options;
  const tenancy = createTenancyOfRequest(options);
  const router = httpRouter<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({
    // The router types its handlers by Lambda's plain context; ours have `tenancy` on it, which the middleware put there.
    routes: endpoints.map(({ endpoint: { method, path }, handler }) => ({
      method,
      path,
      handler: handler as never,
    })),
    notFoundResponse: routeMissing(endpoints.map(({ endpoint }) => endpoint)),
  });
  return middy()
    .use(problemErrors())
    .use(tenantMiddleware(tenancy))
    .handler(withFreshTenant(tenancy, router as never) as never) as HttpHandler;
}

/**
 * When the database refuses the login of a remembered tenant, the host may lead to another one by now, or to none: it is asked for
 * again, and a new tenant is served from the beginning, for which nothing has run yet.
 */
function withFreshTenant<TenantTables, SharedTables>(
  tenancy: TenancyOfRequest<TenantTables, SharedTables>,
  handler: TenantHandler<TenantTables, SharedTables>,
): TenantHandler<TenantTables, SharedTables> {
  return async (event, context) => {
    try {
      return await handler(event, context);
    } catch (error) {
      if (!isLoginRefused(error)) throw error;
      const fresh = await tenancy.findAnew(event, context);
      if (fresh.tenant.id === context.tenancy.tenant.id) throw error;
      context.tenancy = fresh;
      return await handler(event, context);
    }
  };
}
