import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type * as z from 'zod';
import type { Endpoint } from './endpoint.ts';
import { ProblemError, type Problem } from './problem.ts';

/** A request's values as the endpoint declares them. */
export interface ParsedRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  /** The token of `authorization: Bearer …`, not yet checked. */
  readonly bearerToken: string | undefined;
}

/**
 * The path parameters, query and body of a request, as the endpoint declares them, and its token. Throws `ProblemError`: 404 for
 * parameters that name nothing, 400 for a body that is no JSON, 422 for a query or a body that does not fit, with every field and why.
 */
export function parseRequest(endpoint: Endpoint, event: APIGatewayProxyEventV2): ParsedRequest {
  return {
    params: parseParams(endpoint, event),
    query: parseQuery(endpoint, event),
    body: parseBody(endpoint, event),
    bearerToken: findBearerToken(event.headers['authorization']),
  };
}

// The form of RFC 6750; a header in another form holds no token.
function findBearerToken(header: string | undefined): string | undefined {
  return /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(header ?? '')?.[1];
}

function parseParams({ params }: Endpoint, event: APIGatewayProxyEventV2): unknown {
  if (params === undefined) return {};
  return parseWith(params, event.pathParameters ?? {}, {
    status: 404,
    code: 'NOT_FOUND',
    title: 'Not Found',
    detail: 'The path names nothing here.',
  });
}

function parseQuery({ query }: Endpoint, event: APIGatewayProxyEventV2): unknown {
  if (query === undefined) return {};
  return parseWith(query, event.queryStringParameters ?? {}, {
    status: 422,
    code: 'QUERY_INVALID',
    title: 'Unprocessable Content',
    detail: 'The query does not fit.',
  });
}

function parseBody({ body }: Endpoint, event: APIGatewayProxyEventV2): unknown {
  if (body === undefined) return undefined;
  return parseWith(body, parseJson(event), {
    status: 422,
    code: 'BODY_INVALID',
    title: 'Unprocessable Content',
    detail: 'The body does not fit.',
  });
}

/** The value in its shape; throws `problem` with what does not fit. */
function parseWith(shape: z.ZodType, value: unknown, problem: Problem): unknown {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  throw new ProblemError({ ...problem, errors: toIssues(result.error) });
}

function parseJson(event: APIGatewayProxyEventV2): unknown {
  const text = event.isBase64Encoded
    ? Buffer.from(event.body ?? '', 'base64').toString()
    : (event.body ?? '');
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new ProblemError({
      status: 400,
      code: 'BODY_NOT_JSON',
      title: 'Bad Request',
      detail:
        text === '' ? 'The body is empty; send JSON.' : `The body is not JSON: ${reasonOf(error)}.`,
    });
  }
}

// The parser's message quotes the text around the fault; the position alone tells enough.
function reasonOf(error: unknown): string {
  const position = /position (\d+)/.exec(String(error))?.[1];
  return position === undefined
    ? 'it ends too early or holds a character that has no place there'
    : `at character ${position}`;
}

function toIssues(error: z.ZodError) {
  return error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
}
