import { randomBytes } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { LocalError } from '../errors.ts';
import {
  assertClusterExists,
  assertSameMajor,
  findClusterRecord,
  writeClusterRecord,
  type ClusterRecord,
} from './cluster-record.ts';
import { makeCluster } from './make-cluster.ts';
import { findServer, type FoundServer } from './find-server.ts';
import { databaseName, prepareDatabases } from './prepare-databases.ts';
import { placeCluster } from './place-cluster.ts';
import { getRunnableServer, type RunnableServer } from './reachable-place.ts';
import { findRunUser, type RunUser } from './run-user.ts';
import { getServerFiles } from './server-files.ts';
import type { ServerSize } from './server-settings.ts';
import { startServer, type ServerOptions, type ServerProcess } from './start-server.ts';
import { signalServer, stopServer } from './stop-server.ts';

/** Where and how to run the embedded PostgreSQL. */
export interface StartPostgresOptions {
  /** Folder of all local data; made when missing. */
  readonly dataDir: string;
  /** The server's log; appended to. */
  readonly logFile: string;
  /** Called with a line for each thing that takes time or was found. */
  readonly onProgress?: (line: string) => void;
  /**
   * False gives up safety against a crash for speed, for tests.
   * @default true
   */
  readonly durable?: boolean;
  /**
   * How long the server may take until it accepts connections.
   * @default 60_000
   */
  readonly startTimeoutMs?: number;
  /**
   * A small one takes little memory and few connections: one of many on this machine.
   * @default 'whole'
   */
  readonly size?: ServerSize;
}

/** A PostgreSQL that accepts connections. */
export interface RunningPostgres {
  readonly host: string;
  readonly port: number;
  /** The role that stands for the cluster's master user, and the database it owns. */
  readonly admin: {
    readonly user: string;
    readonly password: string;
    readonly database: typeof databaseName;
  };
  /** Process id of the server; 0 for a server that is not ours. */
  readonly pid: number;
  /** Ends the server and waits until it has ended; for a server that is not ours, nothing. */
  stop(): Promise<void>;
}

/**
 * A running PostgreSQL on the data folder: made at the first start, started at the next ones. A server that a killed process left
 * behind is stopped first; the first start's leftovers are thrown away when it was cut.
 *
 * Throws `LocalError`: `LOCAL_BINARY_MISSING`, `LOCAL_DATA_OTHER_MAJOR`, `LOCAL_DATA_UNREADABLE`, `LOCAL_DATA_LOCKED`,
 * `LOCAL_DATABASE_FAILED`.
 *
 * @example
 * const postgres = await startPostgres({ dataDir: '.tenantry', logFile: '.tenantry/postgres.log' });
 * await postgres.stop();
 */
export async function startPostgres(options: StartPostgresOptions): Promise<RunningPostgres> {
  mkdirSync(options.dataDir, { recursive: true });
  const dataDir = realpathSync(options.dataDir);
  const known = findClusterRecord(dataDir);
  const runUser = findRunUser(known && resolve(dataDir, known.clusterDir));
  const files = getRunnableServer(getServerFiles(), runUser);
  const context = { options, dataDir, runUser, files };
  if (known !== undefined) {
    assertSameMajor(known, { dataDir, major: files.major });
    await stopOrphan(context, known);
  }
  const started =
    known?.status === 'ready' ? await restart(context, known) : await firstStart(context);
  return running(started, files.binDir);
}

interface StartContext {
  readonly options: StartPostgresOptions;
  /** Absolute, links resolved. */
  readonly dataDir: string;
  readonly runUser: RunUser | undefined;
  readonly files: RunnableServer;
}

interface Started {
  readonly record: ClusterRecord;
  readonly server: ServerProcess;
}

async function stopOrphan(context: StartContext, record: ClusterRecord): Promise<void> {
  const found = findServer(resolve(context.dataDir, record.clusterDir));
  if (found === undefined) return;
  if (found.parentPid === record.ownerPid) throw inUse(context.dataDir, found);
  context.options.onProgress?.(
    `stopping PostgreSQL (process ${found.pid}), left behind when its system was killed`,
  );
  await stopServer(found.pid, { binDir: context.files.binDir });
}

function inUse(dataDir: string, found: FoundServer): LocalError {
  return new LocalError(
    'LOCAL_DATA_LOCKED',
    `PostgreSQL (process ${found.pid}) already runs on ${dataDir}, started by process ${found.parentPid}.`,
    { next: `end process ${found.parentPid} first, or use --data with another folder` },
  );
}

async function restart(context: StartContext, known: ClusterRecord): Promise<Started> {
  const record = { ...known, ownerPid: process.pid };
  assertClusterExists(context.dataDir, record);
  writeClusterRecord(context.dataDir, record);
  return { record, server: await startServer(serverOptions(context, record)) };
}

async function firstStart(context: StartContext): Promise<Started> {
  const { dataDir, files, runUser } = context;
  const record: ClusterRecord = {
    v: 1,
    major: files.major,
    clusterDir: placeCluster(dataDir, runUser),
    status: 'new',
    ownerPid: process.pid,
    superuser: { user: 'postgres', password: makePassword() },
    admin: { user: 'tenantry_admin', password: makePassword() },
  };
  writeClusterRecord(dataDir, record);
  context.options.onProgress?.(`making a PostgreSQL ${files.major} data folder`);
  const options = serverOptions(context, record);
  await makeCluster({ ...options, major: files.major });
  const server = await startServer(options);
  try {
    await prepareDatabases({ ...record, port: server.port });
  } catch (error) {
    await stopServer(server.pid, files);
    throw error;
  }
  const ready: ClusterRecord = { ...record, status: 'ready' };
  writeClusterRecord(dataDir, ready);
  return { record: ready, server };
}

function makePassword(): string {
  return randomBytes(24).toString('base64url');
}

function serverOptions(context: StartContext, record: ClusterRecord): ServerOptions {
  return {
    binDir: context.files.binDir,
    clusterDir: resolve(context.dataDir, record.clusterDir),
    logFile: resolve(context.options.logFile),
    runUser: context.runUser,
    superuser: record.superuser,
    durable: context.options.durable ?? true,
    startTimeoutMs: context.options.startTimeoutMs ?? 60_000,
    size: context.options.size ?? 'whole',
  };
}

function running({ record, server }: Started, binDir: string): RunningPostgres {
  // The last resort of a program that ends without calling stop.
  const endWithUs = () => signalServer(server.pid, { signal: 'SIGINT', binDir });
  process.once('exit', endWithUs);
  return {
    host: '127.0.0.1',
    port: server.port,
    admin: { ...record.admin, database: databaseName },
    pid: server.pid,
    stop: async () => {
      process.off('exit', endWithUs);
      await stopServer(server.pid, { binDir });
    },
  };
}
