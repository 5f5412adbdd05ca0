import { spawn } from 'node:child_process';
import type { Credentials } from '@tenantry/database';
import type { TenantRoute } from '@tenantry/tenancy';

/** Where a tenant's program connects, and as whom. */
export interface TenantConnection {
  readonly route: TenantRoute;
  readonly login: Credentials;
  readonly postgres: { readonly host: string; readonly port: number };
}

/** What a program is started in. */
export interface ProgramOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Whether it reads what is typed here. */
  readonly readsInput: boolean;
  /** Called with each line that it writes. */
  readonly onLine: (line: string) => void;
}

/** The environment that makes any PostgreSQL program work in one tenant: DATABASE_URL and libpq's own variables. */
export function tenantEnvironment(connection: TenantConnection): Record<string, string> {
  const { route, login, postgres } = connection;
  const { username, password } = login;
  const host = postgres.host.includes(':') ? `[${postgres.host}]` : postgres.host;
  const user = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
  return {
    DATABASE_URL: `postgres://${user}@${host}:${postgres.port}/${encodeURIComponent(route.database)}`,
    PGHOST: postgres.host,
    PGPORT: String(postgres.port),
    PGDATABASE: route.database,
    PGUSER: username,
    PGPASSWORD: password,
    ...(route.server?.tls === 'verify' && { PGSSLMODE: 'verify-full' }),
    TENANTRY_TENANT: route.tenant.slug,
    TENANTRY_TENANT_ID: route.tenant.id,
  };
}

/** Runs a program to its end; throws `Error` when it cannot be started or ends with another code than 0. */
export async function runProgram(
  [program = '', ...args]: readonly string[],
  environment: Readonly<Record<string, string>>,
  options: ProgramOptions,
): Promise<void> {
  const { cwd, env, signal, readsInput, onLine } = options;
  const child = spawn(program, args, {
    cwd,
    signal,
    env: { ...env, ...environment },
    stdio: [readsInput ? 'inherit' : 'ignore', 'pipe', 'pipe'],
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once('error', (error) => reject(new Error(`${program}: ${error.message}`)));
  child.once('close', (code, signalName) =>
    code === 0 ? resolve() : reject(new Error(`${program} ended with ${code ?? signalName}`)),
  );
  const finish = [readLines(child.stdout, onLine), readLines(child.stderr, onLine)];
  await promise;
  for (const end of finish) end();
}

/** Hands on whole lines; the returned function hands on what was left without an end. */
function readLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): () => void {
  let rest = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  return () => {
    if (rest !== '') onLine(rest);
  };
}
