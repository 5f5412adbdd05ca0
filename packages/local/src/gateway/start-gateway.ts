import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { LocalApi } from '../assembly/local-stack.ts';
import type { LambdaHost } from '../lambda/lambda-host.ts';
import { answerRequest, type RequestContext } from './answer-request.ts';
import { listen } from './listen.ts';
import { refuseMalformedRequest } from './refuse-malformed-request.ts';

/** What a gateway listens on and leads to. */
export interface GatewayOptions {
  /** Port on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  /** The APIs at this moment; asked at each request. */
  readonly apis: () => readonly LocalApi[];
  readonly invoke: LambdaHost['invoke'];
  readonly accountId: string;
  /** @default 30000 - as API Gateway's own, hard limit */
  readonly integrationTimeoutMs?: number;
  /** Gets one line for each request that failed. @default - nothing is written */
  readonly writeLog?: (line: string) => void;
}

/** A listening gateway. */
export interface Gateway {
  /** `http://localhost:8787`. */
  readonly url: string;
  readonly port: number;
  /** Lets open requests end, for two seconds at most, and stops listening. */
  close(): Promise<void>;
}

// API Gateway counts the request line and all headers.
const maxHeaderBytes = 10_240;
const closeGraceMs = 2_000;

/**
 * The HTTP APIs of a stack on 127.0.0.1, told apart by host name as API Gateway's custom domains are. Throws `LocalError`
 * (`LOCAL_PORT_TAKEN`).
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const server = createGatewayServer();
  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  const context: RequestContext = {
    apis: options.apis,
    accountId: options.accountId,
    port,
    invoke: options.invoke,
    integrationTimeoutMs: options.integrationTimeoutMs ?? 30_000,
    writeLog: options.writeLog ?? (() => undefined),
  };
  server.on('request', (request, response) => void answerRequest(request, response, context));
  return { url: `http://localhost:${port}`, port, close: () => close(server) };
}

function createGatewayServer(): Server {
  // A missing Host line is answered like an unknown one, not by Node's own 400.
  const server = createServer({ maxHeaderSize: maxHeaderBytes, requireHostHeader: false });
  // Beyond its default count Node drops headers in silence, a second Host line too; their size is limited already.
  server.maxHeadersCount = 0;
  server.on('clientError', refuseMalformedRequest);
  server.on('connect', (_request, socket: Socket) => socket.destroy());
  return server;
}

async function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const force = setTimeout(() => server.closeAllConnections(), closeGraceMs);
  server.close(() => resolve());
  server.closeIdleConnections();
  await promise;
  clearTimeout(force);
}
