import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LocalApi } from '../assembly/local-stack.ts';
import type { LambdaHost } from '../lambda/lambda-host.ts';
import { ownAnswers, toHttpAnswer, type HttpAnswer } from './http-answer.ts';
import { decodePath, newRequestId, toHttpEvent, type GatewayRequest } from './http-event.ts';
import { matchHost, type HostMatch } from './match-host.ts';
import { matchRoute } from './match-route.ts';
import { readBody } from './read-body.ts';

/** What every request is answered with. */
export interface RequestContext {
  readonly apis: () => readonly LocalApi[];
  readonly accountId: string;
  /** The gateway's own port. */
  readonly port: number;
  readonly invoke: LambdaHost['invoke'];
  readonly integrationTimeoutMs: number;
  /** Gets one line for each request that failed in the gateway or in a function. */
  readonly writeLog: (line: string) => void;
}

/** Answers one request: host, route, function, in this order. Never rejects. */
export async function answerRequest(
  request: IncomingMessage,
  response: ServerResponse,
  context: RequestContext,
): Promise<void> {
  const requestId = newRequestId();
  try {
    const answer = await findAnswer(request, requestId, context);
    writeAnswer(response, answer, requestId);
  } catch (error) {
    if (request.errored !== null || response.destroyed) return;
    context.writeLog(`${requestId} ${describe(error)}`);
    writeAnswer(response, ownAnswers.functionFailed, requestId);
  }
}

async function findAnswer(
  request: IncomingMessage,
  requestId: string,
  context: RequestContext,
): Promise<HttpAnswer> {
  const host = findHost(request, context);
  if (host === undefined) return ownAnswers.noSuchHost;
  if (host.isDisabled) return ownAnswers.forbidden;
  const path = decodePath(request.url ?? '/');
  if (path === undefined) return ownAnswers.badRequest;
  const route = matchRoute(host.api.routes, request.method ?? 'GET', path);
  if (route === undefined) return ownAnswers.noSuchRoute;
  const body = await readBody(request);
  if (body === undefined) return ownAnswers.bodyTooLarge;
  const event = toHttpEvent(describeRequest(request, { requestId, body, context }), host, route);
  return invokeFunction(route.route.functionArn, event, { requestId, context });
}

function findHost(request: IncomingMessage, { apis, port }: RequestContext): HostMatch | undefined {
  // An absolute URI in the request line would name a second host.
  if (!request.url?.startsWith('/')) return undefined;
  const hosts = request.rawHeaders.filter(
    (_, index) => index % 2 === 1 && request.rawHeaders[index - 1]?.toLowerCase() === 'host',
  );
  const [host, ...others] = hosts;
  return host === undefined || others.length > 0 ? undefined : matchHost(host, port, apis());
}

function describeRequest(
  request: IncomingMessage,
  { requestId, body, context }: { requestId: string; body: Buffer; context: RequestContext },
): GatewayRequest {
  return {
    method: request.method ?? 'GET',
    target: request.url ?? '/',
    protocol: `HTTP/${request.httpVersion}`,
    rawHeaders: request.rawHeaders,
    body,
    sourceIp: request.socket.remoteAddress ?? '',
    requestId,
    accountId: context.accountId,
    port: context.port,
  };
}

async function invokeFunction(
  functionArn: string,
  event: object,
  { requestId, context }: { requestId: string; context: RequestContext },
): Promise<HttpAnswer> {
  const timeOut = Promise.withResolvers<undefined>();
  const timer = setTimeout(timeOut.resolve, context.integrationTimeoutMs, undefined);
  const result = await Promise.race([context.invoke(functionArn, event), timeOut.promise]).finally(
    () => clearTimeout(timer),
  );
  if (result === undefined) {
    context.writeLog(
      `${requestId} ${functionArn} did not answer in ${context.integrationTimeoutMs} ms`,
    );
    return ownAnswers.functionTimedOut;
  }
  if (result.functionError !== undefined) {
    context.writeLog(`${requestId} ${functionArn} ${JSON.stringify(result.payload)}`);
    return ownAnswers.functionFailed;
  }
  return toHttpAnswer(result.payload);
}

function writeAnswer(response: ServerResponse, answer: HttpAnswer, requestId: string): void {
  if (response.destroyed || response.headersSent) return;
  response.statusCode = answer.statusCode;
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  if (answer.cookies.length > 0) response.setHeader('set-cookie', [...answer.cookies]);
  response.setHeader('apigw-requestid', requestId);
  response.setHeader('content-length', answer.body.length);
  // An unread rest of the request would be taken for the next one.
  if (!response.req.complete) response.setHeader('connection', 'close');
  response.end(answer.body);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
