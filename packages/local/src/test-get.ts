import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';

/** A GET with this Host header; Node resolves no `*.localhost` names, so the address is given. */
export async function get(
  port: number,
  host: string,
  path = '/',
): Promise<{ status: number | undefined; body: string }> {
  const call = request({ host: '127.0.0.1', port, path, headers: { host: `${host}:${port}` } });
  call.end();
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return { status: response.statusCode, body: Buffer.concat(chunks).toString() };
}
