import type { Context, MiddlewareHandler } from 'hono';
import type { APIGatewayProxyEventV2, Context as LambdaContext } from 'aws-lambda';
import { problemResult, type Problem } from './problem.ts';
import { createRequestFrame } from './request-frame.ts';
import { entranceOf } from './request-origin.ts';
import type { TenancyOptions } from './tenancy-options.ts';
import type { TenantContext } from './tenant-context.ts';
import { correlationHeader, correlationIdOf, type TenantRequest } from './tenant-request.ts';

/** What the middleware sets on Hono's context: `c.var.tenancy`. */
export interface TenantHonoEnv<TenantTables, SharedTables> {
  readonly Bindings: {
    /** The event of the HTTP API, as Hono's adapter for Lambda hands it on. */
    readonly event: APIGatewayProxyEventV2;
    readonly lambdaContext?: LambdaContext;
  };
  readonly Variables: { readonly tenancy: TenantContext<TenantTables, SharedTables> };
}

/**
 * The tenant of a request for an application of Hono on Lambda: `c.var.tenancy` (tenant, db, shared, cache, log), and `currentTenant()` in all
 * that follows. Use it first. Errors become problems, but for those that bring an answer of their own (`HTTPException`).
 *
 * @example
 * const app = new Hono<TenantHonoEnv<TenantTables, SharedTables>>();
 * app.use(tenantHono({ resolver, open }));
 * app.get('/', (c) => c.text(c.var.tenancy.tenant.name));
 * export const handler = handle(app);
 */
export function tenantHono<TenantTables, SharedTables>(
  options: TenancyOptions<TenantTables, SharedTables>,
): MiddlewareHandler<TenantHonoEnv<TenantTables, SharedTables>> {
  const frame = createRequestFrame(options);
  return async (c, next) => {
    const visit = frame.begin(toRequest(c));
    try {
      const tenancy = await frame.resolve(visit);
      c.set('tenancy', tenancy);
      await frame.serve(tenancy, next);
      if (c.error !== undefined && !('getResponse' in c.error))
        replaceAnswer(c, frame.fail(visit, c.error));
    } catch (error) {
      replaceAnswer(c, frame.fail(visit, error));
    }
    frame.end(visit, c.res.status);
    c.res.headers.set(correlationHeader, visit.request.correlationId);
  };
}

function toRequest<TenantTables, SharedTables>(
  c: Context<TenantHonoEnv<TenantTables, SharedTables>>,
): TenantRequest {
  const { event, lambdaContext } = c.env;
  return {
    domainName: event.requestContext.domainName,
    hostHeader: event.headers['host'],
    entrance: entranceOf((name) => event.headers[name]),
    method: c.req.method,
    path: event.rawPath,
    queryString: event.rawQueryString,
    requestId: lambdaContext?.awsRequestId ?? event.requestContext.requestId,
    correlationId: correlationIdOf((name) => c.req.header(name)),
  };
}

function replaceAnswer(c: Pick<Context, 'res'>, problem: Problem): void {
  const { statusCode, headers, body } = problemResult(problem);
  // Hono carries headers of an answer over to the one that replaces it, unless there is none in between.
  c.res = undefined as never;
  c.res = new Response(body ?? null, {
    status: statusCode ?? 500,
    headers: headers as Record<string, string>,
  });
}
