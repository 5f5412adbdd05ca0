import type { IncomingMessage } from 'node:http';

/** API Gateway's limit for a request's body. */
export const maxBodyBytes = 10 * 1024 * 1024;

/** The whole body of `request`, or undefined when it is larger than `maxBodyBytes`. Rejects when the client goes away. */
export async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) return undefined;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}
