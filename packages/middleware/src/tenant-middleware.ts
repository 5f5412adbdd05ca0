import type middy from '@middy/core';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import type { TenantContext } from './tenant-context.ts';
import type { TenancyOfRequest } from './tenancy-of-request.ts';

/** Lambda's context with what the middleware puts there. */
export type TenantLambdaContext<TenantTables, SharedTables> = Context & {
  tenancy: TenantContext<TenantTables, SharedTables>;
};

/**
 * Finds the tenant of a request before anything else sees it, and puts `tenancy` (tenant, db, shared, log) on Lambda's context. Every
 * host that leads to no active tenant is answered alike.
 */
export function tenantMiddleware<TenantTables, SharedTables>(
  tenancy: TenancyOfRequest<TenantTables, SharedTables>,
): middy.MiddlewareObj<
  APIGatewayProxyEventV2,
  unknown,
  Error,
  TenantLambdaContext<TenantTables, SharedTables>
> {
  return {
    before: async function tenantMiddlewareBefore({ event, context }) {
      context.tenancy = await tenancy.find(event, context);
    },
  };
}
