import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';

/** The certificate of a server for tests, of `localhost` and 127.0.0.1, signed by nobody but itself. */
export const testCertificate = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIULEWkM7zOnRN68FLu/l8ng21XAm4wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTE2NTYzMloYDzIxMjYxMDI4
MTY1NjMyWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASAF+VcY3nrf1kCwmqq9hoFWU8pJSFHBg1jmB7qQ0HDoLZFDwOfeEMt
iveEzaloi2jDlWYIJVlLLqKNb9zNxtvjo28wbTAdBgNVHQ4EFgQUeqL8brpnxZPn
k5JJRLWUDskcvy4wHwYDVR0jBBgwFoAUeqL8brpnxZPnk5JJRLWUDskcvy4wDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIgQtlWISf7hgYKvyGnBpAACpveqezyxXL4QZnhxCx1nOoCIQCg
5nQ/dTQSPke+rgMn/0yEjdtcGH4Fn5tZtVRxjk1AZA==
-----END CERTIFICATE-----
`;

/** Its key, which is worth nothing: it opens no door outside of tests. */
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgPajqkKYnzHuUjyfD
14m7F0asCuQoZfnfiECzagKP6+yhRANCAASAF+VcY3nrf1kCwmqq9hoFWU8pJSFH
Bg1jmB7qQ0HDoLZFDwOfeEMtiveEzaloi2jDlWYIJVlLLqKNb9zNxtvj
-----END PRIVATE KEY-----
`;

/** What a server for tests has heard, and where it listens. */
export interface TestTlsServer {
  readonly port: number;
  /** Names of users, as they came over TLS. */
  readonly users: readonly string[];
  close(): Promise<void>;
}

/** A server that speaks as much of PostgreSQL as it takes to agree on TLS, to hear who comes, and to refuse the password. */
export async function openTestTlsServer(host: string): Promise<TestTlsServer> {
  const users: string[] = [];
  const sockets = new Set<Socket>();
  const secureContext = createSecureContext({ key, cert: testCertificate });
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('data', () => {
      socket.write('S');
      const secure = new TLSSocket(socket, { isServer: true, secureContext });
      secure.on('error', () => socket.destroy());
      secure.once('data', (startup) => {
        users.push(/user\0([^\0]*)/.exec(startup.toString())?.[1] ?? '');
        secure.end(refusal());
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    users,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** PostgreSQL's message for a wrong password. */
function refusal(): Buffer {
  const fields = Buffer.from('SFATAL\0C28P01\0Mpassword authentication failed\0\0');
  const length = Buffer.alloc(4);
  length.writeInt32BE(fields.length + 4);
  return Buffer.concat([Buffer.from('E'), length, fields]);
}
