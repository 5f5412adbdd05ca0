import { isObject } from '../assembly/template.ts';

/** What goes over the wire. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: Buffer;
}

// The body of a host that leads to no tenant: the same bytes as the functions' own answer, so that nobody can tell a name without
// a route from a tenant that is unknown or suspended.
const noSuchHost = {
  type: 'about:blank',
  title: 'Not Found',
  status: 404,
  code: 'TENANT_NOT_FOUND',
  detail: 'No such host.',
};

/** The answers that the gateway gives by itself, in API Gateway's words. */
export const ownAnswers = {
  noSuchHost: jsonAnswer(404, noSuchHost, 'application/problem+json'),
  noSuchRoute: messageAnswer(404, 'Not Found'),
  badRequest: messageAnswer(400, 'Bad Request'),
  forbidden: messageAnswer(403, 'Forbidden'),
  bodyTooLarge: messageAnswer(413, 'Request Entity Too Large'),
  headersTooLarge: messageAnswer(431, 'Request Header Fields Too Large'),
  functionFailed: messageAnswer(500, 'Internal Server Error'),
  functionTimedOut: messageAnswer(503, 'Service Unavailable'),
} as const;

// The gateway frames the message itself.
const framing = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]);

/**
 * A function's result as API Gateway reads it in payload format 2.0: with `statusCode` a whole answer, without it the JSON body of a
 * 200. A result that fits neither gives the 500 that API Gateway gives.
 */
export function toHttpAnswer(result: unknown): HttpAnswer {
  if (!isObject(result) || result['statusCode'] === undefined) return inferAnswer(result);
  const statusCode = Number(result['statusCode']);
  const body = result['body'] ?? '';
  if (!Number.isInteger(statusCode) || statusCode < 200 || statusCode > 599) {
    return ownAnswers.functionFailed;
  }
  if (typeof body !== 'string') return ownAnswers.functionFailed;
  return {
    statusCode,
    headers: { 'content-type': 'text/plain;charset=UTF-8', ...headersOf(result['headers']) },
    cookies: Array.isArray(result['cookies']) ? result['cookies'].map(String) : [],
    body: Buffer.from(body, result['isBase64Encoded'] === true ? 'base64' : 'utf8'),
  };
}

function inferAnswer(result: unknown): HttpAnswer {
  const body = typeof result === 'string' ? result : JSON.stringify(result ?? null);
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json' },
    cookies: [],
    body: Buffer.from(body),
  };
}

function headersOf(headers: unknown): Record<string, string> {
  if (!isObject(headers)) return {};
  return Object.fromEntries(
    Object.entries(headers)
      .map(([name, value]) => [name.toLowerCase(), String(value)] as const)
      .filter(([name]) => !framing.has(name)),
  );
}

function messageAnswer(statusCode: number, message: string): HttpAnswer {
  return jsonAnswer(statusCode, { message });
}

function jsonAnswer(
  statusCode: number,
  body: object,
  contentType = 'application/json',
): HttpAnswer {
  return {
    statusCode,
    headers: { 'content-type': contentType },
    cookies: [],
    body: Buffer.from(JSON.stringify(body)),
  };
}
