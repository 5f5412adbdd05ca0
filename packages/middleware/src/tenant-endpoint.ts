import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type * as z from 'zod';
import type { Endpoint, Reply, ReplyFunction } from './endpoint.ts';
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

/** What an endpoint's code gets: the tenant's context, the request's values, and `reply`. */
export type EndpointInput<
  TenantTables,
  SharedTables,
  Params extends AnyShape,
  Query extends AnyShape,
  Body extends z.ZodType,
  Responses extends AnyResponses,
> = TenantContext<TenantTables, SharedTables> & {
  readonly params: z.output<Params>;
  readonly query: z.output<Query>;
  readonly body: z.output<Body>;
  /** The token of `authorization: Bearer …`; whose it is nobody has checked yet. */
  readonly bearerToken: string | undefined;
  readonly reply: ReplyFunction<Responses>;
};

/**
 * A function that joins endpoints to their code, for one application's tables:
 * `const tenantEndpoint = createTenantEndpoint<TenantTables, SharedTables>()`.
 */
export function createTenantEndpoint<TenantTables, SharedTables>() {
  return function tenantEndpoint<
    Params extends AnyShape,
    Query extends AnyShape,
    Body extends z.ZodType,
    Responses extends AnyResponses,
  >(
    endpoint: Endpoint<Params, Query, Body, Responses>,
    answer: (
      input: EndpointInput<TenantTables, SharedTables, Params, Query, Body, Responses>,
    ) => Promise<Reply>,
  ): TenantEndpoint<TenantTables, SharedTables> {
    return {
      endpoint,
      handler: async (event, context) => {
        const request = parseRequest(endpoint, event);
        const input = { ...context.tenancy, ...request, reply } as EndpointInput<
          TenantTables,
          SharedTables,
          Params,
          Query,
          Body,
          Responses
        >;
        const answered = await answer(input);
        return toResult(endpoint, answered);
      },
    };
  };
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
