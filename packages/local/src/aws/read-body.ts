import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { AwsError } from './aws-error.ts';

/** More than the largest request of all services: an invocation's payload of 6 MB. */
const maxBodyBytes = 8_000_000;

/** The text of a request's body, decompressed if need be; throws `RequestEntityTooLargeException` above 8 MB. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > maxBodyBytes) {
      throw new AwsError(
        'RequestEntityTooLargeException',
        `A request has at most ${maxBodyBytes} bytes.`,
        413,
      );
    }
    chunks.push(chunk as Buffer);
  }
  const body = Buffer.concat(chunks);
  const isCompressed = request.headers['content-encoding'] === 'gzip';
  return (isCompressed ? gunzipSync(body, { maxOutputLength: maxBodyBytes }) : body).toString();
}
