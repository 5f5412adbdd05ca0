import { createServer, type Server } from 'node:net';
import { LocalError } from '../errors.ts';

/** Lets `server` listen on 127.0.0.1. Throws `LocalError` (`LOCAL_PORT_TAKEN`). */
export async function listen(server: Server, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ port, host: '127.0.0.1' }, resolve);
  try {
    await promise;
  } catch (error) {
    throw explainListenError(error as NodeJS.ErrnoException, port);
  } finally {
    server.off('error', reject);
  }
}

function explainListenError(error: NodeJS.ErrnoException, port: number): Error {
  const reasons: Record<string, string> = {
    EADDRINUSE: 'is taken by another program',
    EACCES: 'may not be used by this user',
  };
  const reason = reasons[error.code ?? ''];
  if (reason === undefined) return error;
  return new LocalError('LOCAL_PORT_TAKEN', `Port ${port} on 127.0.0.1 ${reason}.`, {
    next: `npm start -- --port ${port + 1}`,
    cause: error,
  });
}

/** Throws `LocalError` (`LOCAL_PORT_TAKEN`) when nothing can listen on the port now: better said before a long start than after it. */
export async function assertPortFree(port: number): Promise<void> {
  const server = createServer();
  await listen(server, port);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  await promise;
}
