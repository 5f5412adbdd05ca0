import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type * as z from 'zod';
import type { Endpoint, Reply, ReplyFunction, Security } from './endpoint.ts';
import { parseRequest } from './parse-request.ts';
import type { TenantContext } from './tenant-context.ts';
import type { TenantHandler } from './with-tenant.ts';

/** An endpoint together with the code that answers it. */
export interface TenantEndpoint<TenantTables, SharedTables> {
  readonly endpoint: Endpoint;
  readonly handler: TenantHandler<TenantTables, SharedTables>;
}

type AnyShape = z.ZodType<Record<string, unknown>>;
type AnyResponses = Readonly<Record<number, z.ZodType>>;

/** What an endpoint's code gets: the tenant's context, the request's values, who asks where that is needed, and `reply`. */
export type EndpointInput<
  TenantTables,
  SharedTables,
  Params extends AnyShape,
  Query extends AnyShape,
  Body extends z.ZodType,
  Responses extends AnyResponses,
  Caller = unknown,
> = TenantContext<TenantTables, SharedTables> & {
  readonly params: z.output<Params>;
  readonly query: z.output<Query>;
  readonly body: z.output<Body>;
  /** What `authenticate` answered; there is nobody at an endpoint without `security`. */
  readonly caller: Caller;
  readonly reply: ReplyFunction<Responses>;
};

/** What `authenticate` decides by. */
export type CallerInput<TenantTables, SharedTables> = TenantContext<TenantTables, SharedTables> & {
  /** The token of `authorization: Bearer …`; whose it is nobody has checked yet. */
  readonly bearerToken: string | undefined;
};

/** What holds for all endpoints of an application. */
export interface TenantEndpointOptions<TenantTables, SharedTables, Caller> {
  /**
   * Says who asks at an endpoint with `security`, before its code runs. Throws `ProblemError` with 401 for a caller it does not know.
   * @default - no endpoint may have `security`
   */
  readonly authenticate?: (input: CallerInput<TenantTables, SharedTables>) => Promise<Caller>;
}

/**
 * A function that joins endpoints to their code, for one application's tables:
 * `const tenantEndpoint = createTenantEndpoint<TenantTables, SharedTables>()`. It throws `TypeError` for an endpoint with `security`
 * when nothing says how callers are known.
 */
export function createTenantEndpoint<TenantTables, SharedTables, Caller = undefined>(
  options: TenantEndpointOptions<TenantTables, SharedTables, Caller> = {},
) {
  return function tenantEndpoint<
    Params extends AnyShape,
    Query extends AnyShape,
    Body extends z.ZodType,
    Responses extends AnyResponses,
    Needs extends Security | undefined,
  >(
    endpoint: Endpoint<Params, Query, Body, Responses, Needs>,
    answer: (
      input: EndpointInput<
        TenantTables,
        SharedTables,
        Params,
        Query,
        Body,
        Responses,
        Needs extends Security ? Caller : undefined
      >,
    ) => Promise<Reply>,
  ): TenantEndpoint<TenantTables, SharedTables> {
    const findCaller = callerFinder(endpoint, options.authenticate);
    return {
      endpoint,
      handler: async (event, { tenancy }) => {
        const { bearerToken, ...request } = parseRequest(endpoint, event);
        const caller = await findCaller({ ...tenancy, bearerToken });
        const input = { ...tenancy, ...request, caller, reply };
        return toResult(endpoint, await answer(input as never));
      },
    };
  };
}

function callerFinder<Input, Caller>(
  { method, path, security }: Endpoint,
  authenticate: ((input: Input) => Promise<Caller>) | undefined,
): (input: Input) => Promise<Caller | undefined> {
  if (security === undefined) return async () => undefined;
  if (authenticate === undefined)
    throw new TypeError(
      `${method} ${path} needs ${security} security, but createTenantEndpoint was given no authenticate`,
    );
  return authenticate;
}

function reply(status: number, body: unknown): Reply {
  return { status, body };
}

function toResult(endpoint: Endpoint, answered: Reply): APIGatewayProxyStructuredResultV2 {
  const shape = endpoint.responses[answered.status];
  if (shape === undefined)
    throw new TypeError(
      `${endpoint.method} ${endpoint.path} declares no status ${answered.status}`,
    );
  const { status: statusCode } = answered;
  const body: unknown = shape.parse(answered.body);
  const headers = { 'cache-control': 'no-store' };
  if (body === undefined) return { statusCode, headers };
  return {
    statusCode,
    headers: { ...headers, 'content-type': contentTypeOf(statusCode) },
    body: JSON.stringify(body),
  };
}

function contentTypeOf(status: number): string {
  return status < 400 ? 'application/json' : 'application/problem+json';
}
