import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AwsError } from './aws-error.ts';
import type { AwsAnswer } from './aws-request.ts';
import { readBody } from './read-body.ts';
import { route } from './route-request.ts';
import type { AwsServices } from './route-request.ts';

/** Where the endpoint listens. */
export interface AwsEndpointOptions {
  /** @default - any free port */
  readonly port?: number;
}

/** The endpoint under way. */
export interface AwsEndpoint {
  /** What `AWS_ENDPOINT_URL` is set to. */
  readonly url: string;
  /** Takes no more requests and ends the open ones. */
  close(): Promise<void>;
}

/** Starts the one endpoint, on 127.0.0.1, that unmodified AWS clients reach all local services through. */
export async function startAwsEndpoint(
  services: AwsServices,
  options: AwsEndpointOptions = {},
): Promise<AwsEndpoint> {
  // Keep-alive without an end: a client that reuses a connection must not meet one that is just being closed.
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    void answer(services, request, response);
  });
  await listen(server, options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => close(server) };
}

async function answer(
  services: AwsServices,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const result = await respond(services, request);
  if (result === 'drop') request.socket.destroy();
  else send(response, result);
}

async function respond(
  services: AwsServices,
  request: IncomingMessage,
): Promise<AwsAnswer | 'drop'> {
  try {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
    return await route(services, {
      method: request.method ?? '',
      path: pathname,
      headers: request.headers,
      text: await readBody(request),
    });
  } catch (error) {
    return toErrorAnswer(error);
  }
}

/** An error that no service meant to answer is ours: the client gets a failure that it may try again. */
function toErrorAnswer(error: unknown): AwsAnswer {
  const { name, message, status } =
    error instanceof AwsError
      ? error
      : new AwsError('InternalFailure', describeInternal(error), 500);
  return {
    status,
    headers: { 'x-amzn-errortype': name },
    body: JSON.stringify({ __type: name, message, Message: message }),
  };
}

function describeInternal(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function send(response: ServerResponse, { status, headers, body }: AwsAnswer): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'x-amzn-requestid': randomUUID(),
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeAllConnections();
  });
}
