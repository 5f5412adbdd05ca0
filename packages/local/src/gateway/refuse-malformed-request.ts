import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { ownAnswers, type HttpAnswer } from './http-answer.ts';

/** What Node's parser tells about a request that it could not read. */
export interface ParseError extends Error {
  readonly code?: string;
  /** Offset in `rawPacket` where the parser stopped. */
  readonly bytesParsed?: number;
  readonly rawPacket?: Buffer;
}

/**
 * Answers a request that Node's parser refused and closes the connection: 404 when the Host line is what was wrong, as for any other
 * host that leads nowhere, 431 for headers beyond the limit, else 400.
 */
export function refuseMalformedRequest(error: ParseError, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(serialize(chooseAnswer(error)));
}

function chooseAnswer(error: ParseError): HttpAnswer {
  if (error.code === 'HPE_HEADER_OVERFLOW') return ownAnswers.headersTooLarge;
  return isAboutHost(error) ? ownAnswers.noSuchHost : ownAnswers.badRequest;
}

// The line that the parser stopped in, with the lines it continues, begins with "Host".
const endsInHostLine = /(?:^|\n)host[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*$/i;

function isAboutHost({ rawPacket, bytesParsed }: ParseError): boolean {
  if (rawPacket === undefined || bytesParsed === undefined) return false;
  const lineEnd = rawPacket.indexOf('\n', bytesParsed);
  const end = lineEnd === -1 ? rawPacket.length : lineEnd;
  return endsInHostLine.test(rawPacket.toString('latin1', 0, end));
}

function serialize({ statusCode, headers, body }: HttpAnswer): Buffer {
  const lines = [
    `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? ''}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${body.length}`,
    'connection: close',
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}
