import { connect } from 'node:net';
import {
  ServerNotReachedError,
  ServerRefusedError,
  type PostgresServer,
  type ServerLogin,
} from '@tenantry/tenancy';

/** The message by which PostgreSQL is asked for TLS: its length, 8, and the number of the request. */
const tlsRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

const defaultTimeoutMs = 5000;

/**
 * Finds out whether PostgreSQL answers at a server, and over TLS where that is wanted, before any name or password is sent. Throws
 * `ServerNotReachedError` and `ServerRefusedError`.
 */
export async function probeServer(
  login: ServerLogin & { readonly server: PostgresServer },
  timeoutMs: number = defaultTimeoutMs,
): Promise<void> {
  const answer = await askForTls(login, timeoutMs);
  if (answer !== 'S' && answer !== 'N') {
    throw new ServerRefusedError(login, {
      refusal: 'not-postgresql',
      why: 'what answers there is not PostgreSQL',
      next: 'give the port that PostgreSQL listens on, 5432 unless it was changed (--db-port)',
    });
  }
  if (answer === 'N' && login.server.tls === 'verify') {
    throw new ServerRefusedError(login, {
      refusal: 'tls',
      why: 'the server offers no TLS, and without it password and data could be read on the way',
      next: 'turn on ssl at the server, or say --db-tls off for a network that nobody else is in',
    });
  }
}

/** The first byte of the answer; PostgreSQL says S or N. Empty when the connection ends without one. */
async function askForTls(login: ServerLogin, timeoutMs: number): Promise<string> {
  const { host, port } = login.server;
  const socket = connect({ host, port });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  socket.setTimeout(timeoutMs, () => reject(new ServerNotReachedError(login, 'no answer in time')));
  socket.once('connect', () => socket.write(tlsRequest));
  socket.once('data', (bytes) => resolve(bytes.toString('latin1', 0, 1)));
  socket.once('close', () => resolve(''));
  socket.once('error', (error: NodeJS.ErrnoException) =>
    reject(new ServerNotReachedError(login, error.code ?? error.message, error)),
  );
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}
