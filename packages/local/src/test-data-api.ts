import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a Data API for tests stands before, and who may log in. */
export interface TestDataApiOptions {
  readonly postgres: { readonly host: string; readonly port: number };
  /** The login by the ARN of its secret, or undefined when there is none. */
  readonly readSecret: (
    secretArn: string,
  ) => { readonly username: string; readonly password: string } | undefined;
  /** How long a call may take. @default 45_000 */
  readonly callTimeoutMs?: number;
}

/** A Data API for tests; `close` ends it and its sessions. */
export interface TestDataApi {
  /** Endpoint for a client of the SDK. */
  readonly url: string;
  close(): Promise<void>;
}

/** Opens the Data API of a PostgreSQL on a free port of the loopback address. */
export async function openTestDataApi(options: TestDataApiOptions): Promise<TestDataApi> {
  // Loaded late, as in `startLocal`.
  const { createDataApi } = await import('./data-api/data-api.ts');
  const dataApi = createDataApi({
    postgres: options.postgres,
    ...(options.callTimeoutMs !== undefined && {
      limits: { callTimeoutMs: options.callTimeoutMs },
    }),
    readSecret: (secretArn) => {
      const login = options.readSecret(secretArn);
      // The password tells one version of a login from the next.
      return login === undefined ? undefined : { ...login, version: login.password };
    },
  });
  const server = createServer((request, response) => {
    void readBody(request).then(async (body) => {
      const answer = await dataApi.handle(request.url ?? '', body);
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
      response.end(JSON.stringify(answer.body));
    });
  });
  // A connection closed for idling would meet a call that was just sent on it.
  server.keepAliveTimeout = 0;
  const port = await listen(server);
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await dataApi.close();
  };
  return { url: `http://127.0.0.1:${port}`, close };
}

async function listen(server: Server): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  return (server.address() as AddressInfo).port;
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
