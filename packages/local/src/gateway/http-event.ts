import { randomBytes } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { HostMatch } from './match-host.ts';
import type { RouteMatch } from './match-route.ts';

/** A request as it came over the wire, with what the gateway knows about it. */
export interface GatewayRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  readonly protocol: string;
  /** Names and values in turn, as sent. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly sourceIp: string;
  readonly requestId: string;
  readonly accountId: string;
  readonly port: number;
}

// Between one connection and the next, and so not part of the message.
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

// The content types whose bodies API Gateway hands over as text; all others, and none, come as base64.
const textTypes = /^(text\/|application\/(json|xml|javascript)\b)/i;

/** The request as an event in API Gateway's payload format 2.0. */
export function toHttpEvent(
  request: GatewayRequest,
  host: HostMatch,
  { route, pathParameters }: RouteMatch,
): APIGatewayProxyEventV2 {
  const { rawQueryString } = splitTarget(request.target);
  const headers = combineHeaders(request, host);
  const query = parseQuery(rawQueryString);
  return {
    version: '2.0',
    routeKey: route.routeKey,
    rawPath: decodePath(request.target) ?? '/',
    rawQueryString,
    ...optional('cookies', parseCookies(request.rawHeaders)),
    headers,
    ...optional('queryStringParameters', query),
    requestContext: requestContext(request, host, route.routeKey),
    ...optional('pathParameters', pathParameters),
    ...bodyOf(request.body, headers['content-type']),
  };
}

/**
 * The path that routes are matched against and functions see: percent-decoded and cut at a decoded question mark, as HTTP APIs do it.
 * Undefined for a path that cannot be decoded.
 */
export function decodePath(target: string): string | undefined {
  try {
    return decodeURIComponent(splitTarget(target).path).split('?', 1)[0];
  } catch {
    return undefined;
  }
}

/** An id in the form API Gateway gives them. */
export function newRequestId(): string {
  return randomBytes(11).toString('base64').replaceAll('/', '-');
}

function splitTarget(target: string): { path: string; rawQueryString: string } {
  const at = target.indexOf('?');
  return at === -1
    ? { path: target, rawQueryString: '' }
    : { path: target.slice(0, at), rawQueryString: target.slice(at + 1) };
}

function requestContext(
  request: GatewayRequest,
  { api, domainName }: HostMatch,
  routeKey: string,
): APIGatewayProxyEventV2['requestContext'] {
  const now = new Date();
  return {
    accountId: request.accountId,
    apiId: api.id,
    domainName,
    domainPrefix: domainName.split('.', 1)[0] ?? domainName,
    http: {
      method: request.method,
      path: decodePath(request.target) ?? '/',
      protocol: request.protocol,
      sourceIp: request.sourceIp,
      userAgent: firstHeader(request.rawHeaders, 'user-agent') ?? '',
    },
    requestId: request.requestId,
    routeKey,
    stage: '$default',
    time: formatTime(now),
    timeEpoch: now.getTime(),
  };
}

/** `12/Mar/2020:19:03:58 +0000`. */
function formatTime(date: Date): string {
  const [, day, month, year, time] =
    /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(date.toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}

function combineHeaders(request: GatewayRequest, host: HostMatch): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of pairs(request.rawHeaders)) {
    if (hopByHop.has(name) || name === 'cookie') continue;
    headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
  }
  const forwardedFor = headers['x-forwarded-for'];
  return {
    ...headers,
    host: host.hostHeader,
    'x-forwarded-for':
      forwardedFor === undefined ? request.sourceIp : `${forwardedFor}, ${request.sourceIp}`,
    'x-forwarded-port': String(request.port),
    'x-forwarded-proto': 'http',
  };
}

function pairs(rawHeaders: readonly string[]): [name: string, value: string][] {
  const result: [string, string][] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    result.push([(rawHeaders[index] ?? '').toLowerCase(), rawHeaders[index + 1] ?? '']);
  }
  return result;
}

function firstHeader(rawHeaders: readonly string[], name: string): string | undefined {
  return pairs(rawHeaders).find(([header]) => header === name)?.[1];
}

function parseCookies(rawHeaders: readonly string[]): string[] {
  return pairs(rawHeaders)
    .filter(([name]) => name === 'cookie')
    .flatMap(([, value]) => value.split(/; */))
    .filter((cookie) => cookie !== '');
}

function parseQuery(rawQueryString: string): Record<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(rawQueryString)) {
    const before = parameters.get(name);
    parameters.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(parameters);
}

function bodyOf(
  body: Buffer,
  contentType: string | undefined,
): { body?: string; isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false };
  const isText = contentType !== undefined && textTypes.test(contentType);
  return { body: body.toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText };
}

function optional<Key extends string, Value extends object>(
  key: Key,
  value: Value,
): Partial<Record<Key, Value>> {
  if (Object.keys(value).length === 0) return {};
  return { [key]: value } as Partial<Record<Key, Value>>;
}
