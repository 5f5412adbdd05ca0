import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { LocalError } from '../errors.ts';
import { lastLines } from './make-cluster.ts';
import type { RunUser } from './run-user.ts';
import { serverSettings, type ServerSize } from './server-settings.ts';
import { endProcess } from './stop-server.ts';

/** How a cluster is run. */
export interface ServerOptions {
  readonly binDir: string;
  readonly clusterDir: string;
  readonly logFile: string;
  readonly runUser: RunUser | undefined;
  readonly superuser: { readonly user: string; readonly password: string };
  readonly durable: boolean;
  /** How long the server may take until it accepts a connection; recovery after a crash counts. */
  readonly startTimeoutMs: number;
  readonly size: ServerSize;
}

/** A server process that accepts connections. */
export interface ServerProcess {
  readonly pid: number;
  readonly port: number;
}

const portAttempts = 5;

/** Where `postmaster.pid` says how far the server is, counted from 0. */
const statusLine = 7;

/**
 * Starts the server on a free port of 127.0.0.1 and waits until a connection succeeds. Throws `LOCAL_DATABASE_FAILED` with the last
 * lines of its log.
 */
export async function startServer(
  options: ServerOptions,
  findPort: () => Promise<number> = findFreePort,
): Promise<ServerProcess> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await findPort();
    const logStart = existsSync(options.logFile) ? statSync(options.logFile).size : 0;
    const outcome = await startOnPort(options, port);
    if (outcome.pid !== undefined) return { pid: outcome.pid, port };
    const log = readFileSync(options.logFile).subarray(logStart).toString('utf8');
    // Between our look and the server's start another program may have taken the port.
    if (attempt < portAttempts && log.includes('could not bind')) continue;
    throw startFailure(options, `${outcome.reason}:\n${lastLines(log)}`);
  }
}

function startFailure(options: ServerOptions, reason: string): LocalError {
  return new LocalError('LOCAL_DATABASE_FAILED', `PostgreSQL did not start: ${reason}`, {
    next: `read ${options.logFile}, then start again`,
  });
}

async function startOnPort(
  options: ServerOptions,
  port: number,
): Promise<{ pid: number } | { pid?: undefined; reason: string }> {
  const server = spawnServer(options, port);
  const ends: string[] = [];
  server.once('exit', (code, signal) => ends.push(`it ended with ${signal ?? `code ${code}`}`));
  server.once('error', (error) => ends.push(error.message));
  const deadline = Date.now() + options.startTimeoutMs;
  while (ends.length === 0 && Date.now() < deadline) {
    if (server.pid !== undefined && isReady(options.clusterDir, server.pid)) {
      await assertConnects(options, port);
      return { pid: server.pid };
    }
    await delay(5);
  }
  if (ends.length === 0 && server.pid !== undefined) {
    await endProcess(server.pid, { binDir: options.binDir, signal: 'SIGQUIT', timeoutMs: 5000 });
  }
  return { reason: ends[0] ?? `not ready within ${options.startTimeoutMs} ms` };
}

/** The server itself writes into its pid file that it accepts connections; asking the port could reach a stranger. */
function isReady(clusterDir: string, pid: number): boolean {
  const file = join(clusterDir, 'postmaster.pid');
  if (!existsSync(file)) return false;
  const lines = readFileSync(file, 'utf8').split('\n');
  return Number(lines[0]) === pid && lines[statusLine]?.trim() === 'ready';
}

function spawnServer(options: ServerOptions, port: number) {
  const log = openSync(options.logFile, 'a', 0o600);
  const settings = Object.entries(serverSettings({ ...options, port }));
  try {
    const server = spawn(
      join(options.binDir, 'postgres'),
      [
        '-D',
        options.clusterDir,
        ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      {
        ...options.runUser,
        cwd: '/',
        env: { LC_ALL: 'C', TZ: 'UTC' },
        stdio: ['ignore', log, log],
        // A session of its own: Ctrl-C in the terminal must reach us only, so that we end in order and the server last.
        detached: true,
      },
    );
    server.unref();
    return server;
  } finally {
    closeSync(log);
  }
}

async function assertConnects(options: ServerOptions, port: number): Promise<void> {
  const client = new Client({
    host: '127.0.0.1',
    port,
    ...options.superuser,
    database: 'template1',
    connectionTimeoutMillis: 10_000,
  });
  try {
    await client.connect();
    await client.end();
  } catch (error) {
    throw startFailure(options, error instanceof Error ? error.message : String(error));
  }
}

/** A port of 127.0.0.1 that nobody listens on now. */
export async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
