import { toTestEvent } from '@tenantry/local';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

/** A request to a tenant's API. */
export interface TestRequest {
  /** @default 'GET' */
  readonly method?: string;
  /** Path and, after a question mark, the query. */
  readonly path: string;
  /** Sent as JSON, or as it is when it is text. */
  readonly body?: unknown;
  /** A body is `application/json` unless they say otherwise. */
  readonly headers?: Readonly<Record<string, string>>;
  /** @default - the host of `tenant` */
  readonly host?: string;
}

/** An answer; a body of JSON is parsed. */
export interface TestResponse<Body> {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
}

/** The request as API Gateway hands it to the function. */
export function toHttpEvent(request: TestRequest, host: string): APIGatewayProxyEventV2 {
  const { method = 'GET', path, body, headers = {} } = request;
  return toTestEvent({
    method,
    target: path,
    host,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...lowerCased(headers),
    },
    body: typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body),
  });
}

/** What a handler answered. */
export function toResponse<Body>(result: APIGatewayProxyStructuredResultV2): TestResponse<Body> {
  const headers = lowerCased(result.headers ?? {});
  const text = result.body ?? '';
  const isJson = /^application\/([a-z.-]+\+)?json\b/.test(headers['content-type'] ?? '');
  return {
    status: result.statusCode ?? 200,
    headers,
    body: (isJson && text !== '' ? JSON.parse(text) : text) as Body,
  };
}

function lowerCased(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
}
