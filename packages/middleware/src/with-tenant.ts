import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context,
} from 'aws-lambda';
import { isLoginRefused } from '@tenantry/database';
import { problemResult } from './problem.ts';
import { createRequestFrame, type FrameOptions, type Visit } from './request-frame.ts';
import type { TenancyOptions } from './tenancy-options.ts';
import type { TenantContext } from './tenant-context.ts';
import { correlationHeader, toTenantRequest, type TenantRequest } from './tenant-request.ts';

/** A handler for Lambda behind an HTTP API. */
export type HttpHandler = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;

/** Lambda's context with what the middleware puts there. */
export type TenantLambdaContext<TenantTables, SharedTables> = Context & {
  tenancy: TenantContext<TenantTables, SharedTables>;
};

/** A handler that works for a tenant. */
export type TenantHandler<TenantTables, SharedTables> = (
  event: APIGatewayProxyEventV2,
  context: TenantLambdaContext<TenantTables, SharedTables>,
) => Promise<APIGatewayProxyStructuredResultV2>;

/**
 * A handler that runs for the tenant of the request's host, with `tenancy` (tenant, db, shared, cache, log) on Lambda's context and as
 * `currentTenant()` in all it calls. Errors become problems. The host was matched; the caller is not authenticated yet.
 *
 * When the database refuses the login of a remembered tenant, the host may lead to another one by now, or to none: it is asked for
 * again, and a new tenant is served from the beginning, for which nothing has run yet.
 *
 * @example
 * export const handler = withTenant({ resolver, open }, async (event, { tenancy }) => {
 *   const polls = await tenancy.db.selectFrom('poll').selectAll().execute();
 *   return { statusCode: 200, body: JSON.stringify({ count: polls.length }) };
 * });
 */
export function withTenant<TenantTables, SharedTables>(
  options: TenancyOptions<TenantTables, SharedTables>,
  handler: TenantHandler<TenantTables, SharedTables>,
  frameOptions?: FrameOptions,
): HttpHandler {
  const frame = createRequestFrame(options, frameOptions);
  const serve = async (
    visit: Visit<TenantTables, SharedTables>,
    event: APIGatewayProxyEventV2,
    context: Context,
  ) => {
    const tenancy = await frame.resolve(visit);
    return await frame.serve(tenancy, () => handler(event, Object.assign(context, { tenancy })));
  };
  const serveFresh: typeof serve = async (visit, event, context) => {
    try {
      return await serve(visit, event, context);
    } catch (error) {
      const refused = visit.tenancy;
      if (refused === undefined || !isLoginRefused(error)) throw error;
      frame.forget(visit);
      const fresh = await frame.resolve(visit);
      if (fresh.tenant.id === refused.tenant.id) throw error;
      return await serve(visit, event, context);
    }
  };
  return async (event, context) => {
    const visit = frame.begin(toTenantRequest(event, context));
    const result = await serveFresh(visit, event, context).catch((error: unknown) =>
      problemResult(frame.fail(visit, error)),
    );
    frame.end(visit, result.statusCode ?? 200);
    return withCorrelation(result, visit.request);
  };
}

/** The same answer with the request's correlation id on it. */
export function withCorrelation(
  result: APIGatewayProxyStructuredResultV2,
  { correlationId }: TenantRequest,
): APIGatewayProxyStructuredResultV2 {
  return { ...result, headers: { ...result.headers, [correlationHeader]: correlationId } };
}
