import { request } from 'node:http';

/** An answer of the gateway. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body as JSON; throws when it is none. */
  json<Body = Record<string, unknown>>(): Body;
}

/** What to ask; `host` is the Host header, whatever the address. */
export interface HttpRequest {
  readonly port: number;
  readonly host: string;
  readonly path: string;
  readonly method?: string;
  /** Sent as JSON, or as it is when it is text. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request to 127.0.0.1 under any host name. */
export async function httpRequest(options: HttpRequest): Promise<HttpResponse> {
  const { port, host, path, method = 'GET', body, headers } = options;
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  return await new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, path, method, headers: { ...headers, host } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const received = Buffer.concat(chunks).toString();
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: received,
            json: <Body>() => JSON.parse(received) as Body,
          });
        });
      },
    );
    sent.on('error', reject);
    sent.end(text);
  });
}
