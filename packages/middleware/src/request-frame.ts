import type { Span } from '@opentelemetry/api';
import { isLoginRefused } from '@tenantry/database';
import { runAsTenant } from '@tenantry/tenancy';
import { bindLog, getLambdaLog } from './log.ts';
import { logFailure } from './log-failure.ts';
import { toProblem, type Problem } from './problem.ts';
import type { TenancyOptions } from './tenancy-options.ts';
import { createTenancyOfRequest } from './tenancy-of-request.ts';
import type { TenantContext } from './tenant-context.ts';
import type { TenantRequest } from './tenant-request.ts';
import { withSpan } from './with-span.ts';

/** One request on its way: what it asked, and its tenant once that is known. */
export interface Visit<TenantTables, SharedTables> {
  readonly request: TenantRequest;
  readonly startedAt: number;
  tenancy?: TenantContext<TenantTables, SharedTables>;
  /** Open from the tenant's being found to the end, where no function holds the whole of it. */
  span?: Span;
}

/** What every adapter does with a request, in the adapter's own order. */
export interface RequestFrame<TenantTables, SharedTables> {
  begin(request: TenantRequest): Visit<TenantTables, SharedTables>;
  /** Finds the visit's tenant. Throws when there is none to serve. */
  resolve(
    visit: Visit<TenantTables, SharedTables>,
  ): Promise<TenantContext<TenantTables, SharedTables>>;
  /** Runs `fn` as the visit's tenant. */
  serve<Result>(
    tenancy: TenantContext<TenantTables, SharedTables>,
    fn: () => Promise<Result>,
  ): Promise<Result>;
  /** Asks the catalog again at the next `resolve` of the visit's host: the database would not have what is remembered. */
  forget(visit: Visit<TenantTables, SharedTables>): void;
  /** What the caller is told about an error; what is our fault is logged. */
  fail(visit: Visit<TenantTables, SharedTables>, error: unknown): Problem;
  /** Counts the visit, if it found a tenant. */
  end(visit: Visit<TenantTables, SharedTables>, status: number): void;
}

/** Options of the frame besides those of tenancy. */
export interface FrameOptions {
  /** Names what a request does; there must be few such names. */
  readonly operationOf: (request: TenantRequest) => string;
}

/** The frame for these options. Throws `TypeError` when they are not as `TenancyOptions` says. */
export function createRequestFrame<TenantTables, SharedTables>(
  options: TenancyOptions<TenantTables, SharedTables>,
  { operationOf }: FrameOptions = { operationOf: methodOf },
): RequestFrame<TenantTables, SharedTables> {
  const tenancy = createTenancyOfRequest(options);
  const log = options.log ?? getLambdaLog();
  return {
    begin: (request) => ({ request, startedAt: performance.now() }),
    resolve: async (visit) => (visit.tenancy = await tenancy.find(visit.request)),
    serve: async ({ tenant }, fn) =>
      await runAsTenant(
        tenant,
        async () => await withSpan('handler', { 'tenant.id': tenant.id }, fn),
      ),
    forget: ({ request }) => tenancy.forget(request),
    fail: (visit, error) => {
      if (isLoginRefused(error)) tenancy.forget(visit.request);
      const problem = toProblem(error);
      if (problem.status >= 500)
        logFailure(visit.tenancy?.log ?? bindRequest(visit.request), error);
      return problem;
    },
    end: ({ request, startedAt, tenancy: found, span }, status) => {
      span?.end();
      if (found === undefined) return;
      options.metrics?.record({
        tenantId: found.tenant.id,
        operation: operationOf(request),
        isolation: found.tenant.isolation,
        status,
        durationMs: performance.now() - startedAt,
        requestId: request.requestId,
      });
    },
  };

  function bindRequest({ requestId, correlationId }: TenantRequest) {
    return bindLog(log, { request_id: requestId, correlation_id: correlationId });
  }
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

function methodOf({ method }: TenantRequest): string {
  return methods.has(method) ? method : 'other';
}
