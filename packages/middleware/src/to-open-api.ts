import * as z from 'zod';
import type { Endpoint } from './endpoint.ts';

/** What an API's description is made of. */
export interface OpenApiOptions {
  readonly title: string;
  readonly version: string;
  readonly endpoints: readonly Endpoint[];
}

type Json = Readonly<Record<string, unknown>>;

/**
 * An API described in OpenAPI 3.1, ready for `JSON.stringify`: each endpoint with its parameters, body and answers, and the problems
 * that any request can end with.
 *
 * @example
 * const description = toOpenApi({ title: 'Polls', version: '1.0.0', endpoints: [listPolls] });
 */
export function toOpenApi(options: OpenApiOptions): object {
  const paths: Record<string, Record<string, Json>> = {};
  for (const endpoint of options.endpoints) {
    const operations = (paths[endpoint.path] ??= {});
    operations[endpoint.method.toLowerCase()] = toOperation(endpoint);
  }
  return {
    openapi: '3.1.0',
    info: { title: options.title, version: options.version },
    paths,
    components: {
      schemas: { Problem: toSchema(problemShape, 'output') },
      ...securitySchemesOf(options.endpoints),
    },
  };
}

const problemShape = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});

/** The schemes that an endpoint needs; left out when all are open to everybody. */
function securitySchemesOf(endpoints: readonly Endpoint[]): Json {
  const isUsed = endpoints.some(({ security }) => security === 'bearer');
  return isUsed ? { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } } : {};
}

function toOperation(endpoint: Endpoint): Json {
  const parameters = [
    ...toParameters('path', endpoint.params),
    ...toParameters('query', endpoint.query),
  ];
  return {
    operationId: operationIdOf(endpoint),
    summary: endpoint.summary,
    ...(endpoint.security === undefined ? {} : { security: [{ [endpoint.security]: [] }] }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(endpoint.body === undefined
      ? {}
      : { requestBody: { required: true, ...toContent(toSchema(endpoint.body, 'input')) } }),
    responses: { ...problemResponses(endpoint), ...ownResponses(endpoint) },
  };
}

/** `GET /polls/{id}` becomes `getPollsById`. */
function operationIdOf({ method, path }: Endpoint): string {
  const words = path
    .split(/[^A-Za-z0-9{}]+/)
    .filter((part) => part !== '')
    .map((part) =>
      part.startsWith('{') ? `By${capitalize(part.slice(1, -1))}` : capitalize(part),
    );
  return method.toLowerCase() + words.join('');
}

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function toParameters(place: 'path' | 'query', shape: z.ZodType | undefined): Json[] {
  if (shape === undefined) return [];
  const { properties = {}, required = [] } = toSchema(shape, 'input') as {
    readonly properties?: Readonly<Record<string, unknown>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema,
  }));
}

function ownResponses({ responses }: Endpoint): Json {
  return Object.fromEntries(
    Object.entries(responses).map(([status, shape]) => {
      const type = Number(status) < 400 ? 'application/json' : 'application/problem+json';
      return [
        status,
        {
          description: descriptionOf(Number(status)),
          ...(shape.def.type === 'undefined' ? {} : toContent(toSchema(shape, 'output'), type)),
        },
      ];
    }),
  );
}

/** The statuses that the middleware itself answers for this endpoint. */
function problemResponses({ query, body, security }: Endpoint): Json {
  const statuses = [
    ...(body === undefined ? [] : [400]),
    ...(security === undefined ? [] : [401]),
    404,
    ...(body === undefined && query === undefined ? [] : [422]),
    500,
    503,
    504,
  ];
  const content = toContent({ $ref: '#/components/schemas/Problem' }, 'application/problem+json');
  return Object.fromEntries(
    statuses.map((status) => [String(status), { description: descriptionOf(status), ...content }]),
  );
}

const descriptions: Readonly<Record<number, string>> = {
  200: 'Done',
  201: 'Created',
  204: 'Done; nothing to say',
  400: 'The body is not JSON',
  401: 'Nobody is signed in',
  403: 'Not allowed',
  404: 'No such host, or nothing there',
  409: 'In conflict with what is there',
  422: 'A value does not fit',
  429: 'Too often; Retry-After says when again',
  500: 'Our fault',
  503: 'The database is not available right now',
  504: 'The database did not answer in time',
};

function descriptionOf(status: number): string {
  return descriptions[status] ?? `Status ${status}`;
}

function toContent(schema: unknown, type = 'application/json'): Json {
  return { content: { [type]: { schema } } };
}

/** OpenAPI 3.1 takes JSON Schema as it is; what it has no words for (a `bigint` on its way to text) may be anything. */
function toSchema(shape: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...schema } = z.toJSONSchema(shape, { io, unrepresentable: 'any' });
  return schema;
}
