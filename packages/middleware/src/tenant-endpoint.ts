import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type * as z from 'zod';
import { runAsTenant } from '@tenantry/tenancy';
import type { Endpoint, Reply, ReplyFunction } from './endpoint.ts';
import { parseRequest } from './parse-request.ts';
import type { TenantContext } from './tenant-context.ts';
import type { TenantLambdaContext } from './tenant-middleware.ts';

/** An endpoint together with the code that answers it. */
export interface TenantEndpoint<TenantTables, SharedTables> {
  readonly endpoint: Endpoint;
  readonly handler: (
    event: APIGatewayProxyEventV2,
    context: TenantLambdaContext<TenantTables, SharedTables>,
  ) => Promise<APIGatewayProxyStructuredResultV2>;
}

type AnyShape = z.ZodType<Record<string, unknown>>;
type AnyResponses = Readonly<Record<number, z.ZodType>>;

/** What an endpoint's code gets: the tenant's context, the request's values, and `reply`. */
export type EndpointInput<
  TenantTables,
  SharedTables,
  Params extends AnyShape,
  Body extends z.ZodType,
  Responses extends AnyResponses,
> = TenantContext<TenantTables, SharedTables> & {
  readonly params: z.output<Params>;
  readonly body: z.output<Body>;
  readonly reply: ReplyFunction<Responses>;
};

/**
 * A function that joins endpoints to their code, for one application's tables:
 * `const tenantEndpoint = createTenantEndpoint<TenantTables, SharedTables>()`.
 */
export function createTenantEndpoint<TenantTables, SharedTables>() {
  return function tenantEndpoint<
    Params extends AnyShape,
    Body extends z.ZodType,
    Responses extends AnyResponses,
  >(
    endpoint: Endpoint<Params, Body, Responses>,
    answer: (
      input: EndpointInput<TenantTables, SharedTables, Params, Body, Responses>,
    ) => Promise<Reply>,
  ): TenantEndpoint<TenantTables, SharedTables> {
    return {
      endpoint,
      handler: async (event, context) => {
        const { params, body } = parseRequest(endpoint, event);
        const input = { ...context.tenancy, params, body, reply } as EndpointInput<
          TenantTables,
          SharedTables,
          Params,
          Body,
          Responses
        >;
        const answered = await runAsTenant(context.tenancy.tenant, () => answer(input));
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
  return {
    statusCode: answered.status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify(shape.parse(answered.body)),
  };
}
