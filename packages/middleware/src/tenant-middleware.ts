import type middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { enterTenant, type Tenant } from '@tenantry/tenancy';
import { problemResult } from './problem.ts';
import { createRequestFrame, type RequestFrame, type Visit } from './request-frame.ts';
import type { TenancyOptions } from './tenancy-options.ts';
import { toTenantRequest } from './tenant-request.ts';
import { startSpan } from './with-span.ts';
import { withCorrelation, type TenantLambdaContext } from './with-tenant.ts';

/** What the middleware keeps of a request in `request.internal`, under its own name. */
interface TenantInternal<TenantTables, SharedTables> extends Record<string, unknown> {
  tenantry?: Visit<TenantTables, SharedTables>;
}

type TenantMiddyRequest<TenantTables, SharedTables> = middy.Request<
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Error,
  TenantLambdaContext<TenantTables, SharedTables>,
  TenantInternal<TenantTables, SharedTables>
>;

/** A middleware of middy for handlers that work for a tenant. */
export type TenantMiddleware<TenantTables, SharedTables> = middy.MiddlewareObj<
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Error,
  TenantLambdaContext<TenantTables, SharedTables>,
  TenantInternal<TenantTables, SharedTables>
>;

/**
 * Finds the tenant of a request, puts `tenancy` (tenant, db, shared, cache, log) on Lambda's context and makes it `currentTenant()` for the
 * rest of the chain. Use it first. Every host that leads to no active tenant is answered alike, before anything else of the chain runs;
 * errors that no other middleware answers become problems.
 *
 * It comes as two steps in a row, because the tenant can be entered only once the chain has waited for it: middy takes them as one.
 *
 * @example
 * export const handler = middy()
 *   .use(tenantMiddleware({ resolver, open }))
 *   .handler(async (event, { tenancy }) => ({ statusCode: 200, body: tenancy.tenant.name }));
 */
export function tenantMiddleware<TenantTables, SharedTables>(
  options: TenancyOptions<TenantTables, SharedTables>,
): TenantMiddleware<TenantTables, SharedTables>[] {
  const frame = createRequestFrame(options);
  const resolve: TenantMiddleware<TenantTables, SharedTables> = {
    before: async function tenantMiddlewareBefore(request) {
      const visit = frame.begin(toTenantRequest(request.event, request.context));
      request.internal.tenantry = visit;
      const tenancy = await frame.resolve(visit);
      request.context.tenancy = tenancy;
      visit.span = startSpan('handler', { 'tenant.id': tenancy.tenant.id });
    },
    after: function tenantMiddlewareAfter(request) {
      finish(frame, request);
    },
    onError: function tenantMiddlewareOnError(request) {
      const visit = request.internal.tenantry;
      if (visit === undefined) return;
      request.response ??= problemResult(frame.fail(visit, request.error));
      finish(frame, request);
    },
  };
  return [resolve, { before: tenantMiddlewareEnter }];
}

interface Resolved {
  readonly context: { readonly tenancy: { readonly tenant: Tenant } };
}

function tenantMiddlewareEnter({ context }: Resolved): void {
  enterTenant(context.tenancy.tenant);
}

function finish<TenantTables, SharedTables>(
  frame: RequestFrame<TenantTables, SharedTables>,
  request: TenantMiddyRequest<TenantTables, SharedTables>,
): void {
  const visit = request.internal.tenantry;
  if (visit === undefined) return;
  const result = request.response ?? {};
  frame.end(visit, result.statusCode ?? 200);
  request.response = withCorrelation(result, visit.request);
}
