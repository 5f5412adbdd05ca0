import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import { findClusterRecord } from './cluster-record.ts';
import { findServer } from './find-server.ts';
import { getRunnableServer, openOutsidePlace } from './reachable-place.ts';
import { findRunUser } from './run-user.ts';
import { getServerFiles } from './server-files.ts';
import { startPostgres, type RunningPostgres } from './start-postgres.ts';
import { findFreePort, startServer } from './start-server.ts';
import { isAlive, signalServer, stopServer } from './stop-server.ts';

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

function makeFolder(mode = 0o755): string {
  const folder = mkdtempSync(join(tmpdir(), 'tenantry-start-'));
  chmodSync(folder, mode);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A data folder in which PostgreSQL was started once. */
function copyUsedFolder(): string {
  const dataDir = makeFolder();
  execFileSync('cp', ['-a', `${usedFolder}/.`, dataDir]);
  return dataDir;
}

let usedFolder: string;

beforeAll(async () => {
  usedFolder = mkdtempSync(join(tmpdir(), 'tenantry-used-'));
  chmodSync(usedFolder, 0o755);
  await (await start(usedFolder)).postgres.stop();
  stops.length = 0;
});

afterAll(() => {
  rmSync(usedFolder, { recursive: true, force: true });
});

async function start(dataDir: string): Promise<{ postgres: RunningPostgres; progress: string[] }> {
  const progress: string[] = [];
  const postgres = await startPostgres({
    dataDir,
    logFile: join(dataDir, 'log'),
    durable: false,
    onProgress: (line) => progress.push(line),
  });
  stops.push(() => postgres.stop());
  return { postgres, progress };
}

async function query(postgres: RunningPostgres, sql: string, database = 'tenantry') {
  const { port, admin } = postgres;
  const client = new Client({ host: '127.0.0.1', port, ...admin, database });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

/** A process that starts PostgreSQL on the folder, says its process id and waits. */
function spawnStart(dataDir: string) {
  const program = `
    import { startPostgres } from ${JSON.stringify(join(import.meta.dirname, 'start-postgres.ts'))};
    const postgres = await startPostgres({ dataDir: ${JSON.stringify(dataDir)},
      logFile: ${JSON.stringify(join(dataDir, 'log'))}, durable: false });
    process.stdout.write(postgres.pid + '\\n');
    setInterval(() => {}, 60_000);`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function startInChild(dataDir: string): Promise<{ child: ChildProcess; pid: number }> {
  const child = spawnStart(dataDir);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, pid: Number(line) };
}

async function killChild(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

function readRecord(dataDir: string): { readonly major: number } {
  return JSON.parse(readFileSync(join(dataDir, 'postgres.json'), 'utf8')) as { major: number };
}

test('data and credentials survive a restart', async () => {
  const dataDir = makeFolder();
  const first = await start(dataDir);
  await query(first.postgres, 'create table kept as select 7 as value');
  await first.postgres.stop();
  const second = await start(dataDir);
  expect(await query(second.postgres, 'select value from kept')).toEqual([{ value: 7 }]);
  expect(second.postgres.admin).toEqual(first.postgres.admin);
  expect(second.progress).toEqual([]);
});

test('the admin is like the master user of a managed cluster: no superuser, and PUBLIC may connect nowhere', async () => {
  const dataDir = copyUsedFolder();
  const { postgres } = await start(dataDir);
  const [facts] = await query(
    postgres,
    `select rolsuper, rolcreaterole, rolcreatedb,
            pg_has_role(current_user, 'pg_signal_backend', 'usage') as may_signal,
            current_setting('server_version_num')::int / 10000 as major,
            current_setting('listen_addresses') as addresses,
            current_setting('unix_socket_directories') as sockets,
            current_setting('TimeZone') as zone
       from pg_roles where rolname = current_user`,
  );
  expect(facts).toEqual({
    rolsuper: false,
    rolcreaterole: true,
    rolcreatedb: true,
    may_signal: true,
    major: readRecord(dataDir).major,
    addresses: '127.0.0.1',
    sockets: '',
    zone: 'UTC',
  });
  expect(statSync(join(dataDir, 'postgres.json')).mode & 0o777).toBe(0o600);
  await query(postgres, `create role stranger login password 'stranger'`);
  for (const database of ['postgres', 'template1', 'tenantry']) {
    const { port } = postgres;
    const login = { host: '127.0.0.1', port, user: 'stranger', password: 'stranger', database };
    await expect(new Client(login).connect()).rejects.toMatchObject({ code: '42501' });
  }
});

test('the text of a failing statement never reaches the log', async () => {
  const dataDir = copyUsedFolder();
  const logFile = join(dataDir, 'server.log');
  const postgres = await startPostgres({ dataDir, logFile, durable: false });
  stops.push(() => postgres.stop());
  const failing = `create role tenantry_admin password 'very-secret-4711'`;
  await expect(query(postgres, failing)).rejects.toMatchObject({ code: '42710' });
  await postgres.stop();
  const log = readFileSync(logFile, 'utf8');
  expect(log).toContain('already exists');
  expect(log).not.toContain('very-secret-4711');
});

test('a first start that was cut is begun anew', async () => {
  const dataDir = copyUsedFolder();
  const file = join(dataDir, 'postgres.json');
  const record = JSON.parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...record, status: 'new' }));
  rmSync(join(dataDir, 'postgres', 'global'), { recursive: true });
  const second = await start(dataDir);
  expect(await query(second.postgres, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a first start killed in the middle is begun anew, although its initdb still runs', async () => {
  const dataDir = makeFolder();
  const child = spawnStart(dataDir);
  const isInitializing = () =>
    readdirSync(dataDir).some((name) => existsSync(join(dataDir, name, 'base')));
  while (!isInitializing()) await delay(5);
  await killChild(child);
  const { postgres } = await start(dataDir);
  expect(await query(postgres, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a server left behind by a killed process is stopped, and its data is there', async () => {
  const dataDir = copyUsedFolder();
  const { child, pid } = await startInChild(dataDir);
  await killChild(child);
  expect(isAlive(pid)).toBe(true);
  const { postgres, progress } = await start(dataDir);
  expect(progress).toEqual([expect.stringContaining(`stopping PostgreSQL (process ${pid})`)]);
  expect(isAlive(pid)).toBe(false);
  expect(await query(postgres, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a server whose owner lives is left alone, and the owner is named', async () => {
  const dataDir = copyUsedFolder();
  const { child, pid } = await startInChild(dataDir);
  await expect(start(dataDir)).rejects.toMatchObject({
    code: 'LOCAL_DATA_LOCKED',
    next: expect.stringContaining(String(child.pid)) as string,
  });
  expect(isAlive(pid)).toBe(true);
  await killChild(child);
  await start(dataDir);
});

test('a server killed without warning recovers, and its stale pid file is no obstacle', async () => {
  const dataDir = copyUsedFolder();
  const first = await start(dataDir);
  process.kill(first.postgres.pid, 'SIGKILL');
  while (isAlive(first.postgres.pid)) await delay(5);
  expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(true);
  const second = await start(dataDir);
  expect(await query(second.postgres, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a pid file that names another program counts as stale', () => {
  const clusterDir = makeFolder();
  const lines = [process.pid, clusterDir, 0, 5432, '', '127.0.0.1'];
  writeFileSync(join(clusterDir, 'postmaster.pid'), lines.join('\n'));
  expect(findServer(clusterDir)).toBeUndefined();
});

test('a folder of another PostgreSQL major is refused and not touched', async () => {
  const dataDir = copyUsedFolder();
  const file = join(dataDir, 'postgres.json');
  const record = readRecord(dataDir);
  const old = JSON.stringify({ ...record, major: 14 });
  writeFileSync(file, old);
  await expect(start(dataDir)).rejects.toMatchObject({
    code: 'LOCAL_DATA_OTHER_MAJOR',
    message: expect.stringMatching(
      new RegExp(`PostgreSQL 14.*PostgreSQL ${record.major}`),
    ) as string,
  });
  expect(readFileSync(file, 'utf8')).toBe(old);
});

test('a cluster that is gone from its place is told', async () => {
  const dataDir = copyUsedFolder();
  rmSync(join(dataDir, 'postgres'), { recursive: true });
  await expect(start(dataDir)).rejects.toMatchObject({ code: 'LOCAL_DATA_UNREADABLE' });
});

test('a cluster without its record, and a damaged record, are refused', async () => {
  const dataDir = makeFolder();
  mkdirSync(join(dataDir, 'postgres'));
  writeFileSync(join(dataDir, 'postgres', 'PG_VERSION'), '17');
  await expect(start(dataDir)).rejects.toMatchObject({ code: 'LOCAL_DATA_UNREADABLE' });
  writeFileSync(join(dataDir, 'postgres.json'), '{"v":1,');
  await expect(start(dataDir)).rejects.toMatchObject({ code: 'LOCAL_DATA_UNREADABLE' });
  expect(readFileSync(join(dataDir, 'postgres', 'PG_VERSION'), 'utf8')).toBe('17');
});

test('a server that cannot start says why, with the end of its log', async () => {
  const dataDir = copyUsedFolder();
  writeFileSync(join(dataDir, 'postgres', 'postgresql.conf'), 'no_such_setting = on\n');
  await expect(start(dataDir)).rejects.toMatchObject({
    code: 'LOCAL_DATABASE_FAILED',
    message: expect.stringContaining('no_such_setting') as string,
  });
});

test.runIf(process.getuid?.() === 0)(
  'root whose data folder is closed to others gets the cluster at a reachable place, with a strict umask too',
  async () => {
    const home = makeFolder(0o700);
    const dataDir = join(home, 'project', '.tenantry');
    const umask = process.umask(0o077);
    onTestFinished(() => void process.umask(umask));
    const first = await start(dataDir);
    await query(first.postgres, 'create table kept as select 7 as value');
    await first.postgres.stop();
    const record = JSON.parse(readFileSync(join(dataDir, 'postgres.json'), 'utf8')) as {
      clusterDir: string;
    };
    expect(record.clusterDir).toMatch(/^\/(var\/)?tmp\/tenantry-/);
    expect(statSync(record.clusterDir).mode & 0o777).toBe(0o700);
    expect(statSync(home).mode & 0o777).toBe(0o700);
    const second = await start(dataDir);
    expect(await query(second.postgres, 'select value from kept')).toEqual([{ value: 7 }]);
    await second.postgres.stop();
    rmSync(home, { recursive: true });
    rmSync(openOutsidePlace(makeFolder(), { uid: 0, gid: 0 }), { recursive: true });
    expect(existsSync(record.clusterDir), 'swept with its data folder').toBe(false);
  },
);

test.runIf(process.getuid?.() === 0)(
  "root's closed data folder lets the server's group through and nobody else",
  async () => {
    const dataDir = makeFolder(0o700);
    const { postgres } = await start(dataDir);
    expect(statSync(dataDir).mode & 0o777).toBe(0o710);
    expect(await query(postgres, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(existsSync(join(dataDir, 'postgres', 'PG_VERSION'))).toBe(true);
  },
);

test('stop waits until the server has ended, and a second stop does nothing', async () => {
  const { postgres } = await start(copyUsedFolder());
  await postgres.stop();
  expect(isAlive(postgres.pid)).toBe(false);
  signalServer(postgres.pid, { signal: 'SIGINT', binDir: '' });
  await postgres.stop();
});

test('a port that was taken meanwhile is given up for another', async () => {
  const dataDir = copyUsedFolder();
  const stranger = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void stranger.close());
  await once(stranger, 'listening');
  const { port: taken } = stranger.address() as AddressInfo;
  const ports = [taken];
  const record = findClusterRecord(dataDir);
  if (record === undefined) throw new Error('no record');
  const runUser = findRunUser(join(dataDir, record.clusterDir));
  const { binDir } = getRunnableServer(getServerFiles(), runUser);
  const server = await startServer(
    {
      binDir,
      clusterDir: join(dataDir, record.clusterDir),
      logFile: join(dataDir, 'log'),
      runUser,
      superuser: record.superuser,
      durable: false,
      size: 'whole',
      startTimeoutMs: 60_000,
    },
    async () => ports.pop() ?? (await findFreePort()),
  );
  stops.push(() => stopServer(server.pid, { binDir }));
  expect(server.port).not.toBe(taken);
  expect(ports).toEqual([]);
});
