import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { findRuntime, startLocal, type LocalRuntime, type StartLocalOptions } from './index.ts';
import { writeTestAssembly } from './test-assembly.ts';
import { get } from './test-get.ts';

let assemblyDir: string;
let dataDir: string;

beforeEach(() => {
  const dir = mkdtempSync(join(tmpdir(), 'local-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  assemblyDir = join(dir, 'cdk.out');
  dataDir = join(dir, 'data');
  writeTestAssembly(assemblyDir);
});

function start(more: Partial<StartLocalOptions> = {}): Promise<LocalRuntime> {
  return startLocal({ assemblyDir, dataDir, port: 0, durable: false, ...more });
}

async function withRuntime<Result>(
  fn: (runtime: LocalRuntime) => Promise<Result>,
  more: Partial<StartLocalOptions> = {},
): Promise<Result> {
  const runtime = await start(more);
  try {
    return await fn(runtime);
  } finally {
    await runtime.close();
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('a start deploys, serves both hosts and ends everything it began', async () => {
  const runtime = await start();
  const { port, postgres } = runtime;
  const acme = await get(port, 'acme.localhost', '/polls');
  expect(JSON.parse(acme.body)).toEqual({
    host: 'acme.localhost',
    path: '/polls',
    user: 'site',
    deploys: 1,
  });
  expect((await get(port, 'localhost')).body).toBe('the site');
  expect((await get(port, 'evil.com')).status).toBe(404);
  expect(await get(port, 'acme.localhost', '/broken')).toEqual({
    status: 500,
    body: '{"message":"Internal Server Error"}',
  });
  expect(await runtime.invoke('tenantry-local-control', { a: 1 })).toEqual({
    payload: { ok: true, event: { a: 1 } },
  });
  expect(findRuntime({ cwd: '/', env: {}, dataDir })).toMatchObject({
    url: `http://localhost:${port}`,
    endpointUrl: runtime.endpointUrl,
    stage: 'local',
    controlFunction: 'tenantry-local-control',
    stateMachines: {
      migrateFleet:
        'arn:aws:states:us-east-1:000000000000:stateMachine:tenantry-local-migrate-fleet',
    },
  });
  await runtime.close();
  expect(isAlive(postgres.pid)).toBe(false);
  expect(findRuntime({ cwd: '/', env: {}, dataDir })).toBeUndefined();
  await expect(get(port, 'localhost')).rejects.toThrow('ECONNREFUSED');
  await expect(fetch(runtime.endpointUrl)).rejects.toThrow('fetch failed');
});

async function countDeploys({ port }: LocalRuntime): Promise<number> {
  const { body } = await get(port, 'acme.localhost');
  return (JSON.parse(body) as { deploys: number }).deploys;
}

test('a restart keeps the data and deploys only what changed', async () => {
  expect(await withRuntime(countDeploys)).toBe(1);
  expect(await withRuntime(countDeploys)).toBe(1);
  writeTestAssembly(assemblyDir, { hash: 'two' });
  expect(await withRuntime(countDeploys)).toBe(2);
});

test('a failed deploy stops the start with its reason, leaves nothing running, and is tried again', async () => {
  writeTestAssembly(assemblyDir, { migrate: "throw new Error('tenant acme: column exists');" });
  await expect(start()).rejects.toMatchObject({
    code: 'LOCAL_DEPLOY_FAILED',
    message: expect.stringContaining('tenant acme: column exists') as string,
  });
  expect(readdirSync(dataDir)).not.toContain('lock');
  expect(readdirSync(dataDir)).not.toContain('runtime.json');
  writeTestAssembly(assemblyDir);
  await withRuntime(async ({ port }) => {
    expect((await get(port, 'acme.localhost')).body).toContain('"deploys":1');
  });
});

test('a second start on the same folder is refused and does no harm to the first', async () => {
  await withRuntime(async ({ port }) => {
    await expect(start()).rejects.toMatchObject({ code: 'LOCAL_DATA_LOCKED' });
    expect((await get(port, 'acme.localhost')).status).toBe(200);
    expect(findRuntime({ cwd: '/', env: {}, dataDir })).toMatchObject({ port });
  });
});

test('a taken port is found before anything is started', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await expect(start({ port })).rejects.toMatchObject({ code: 'LOCAL_PORT_TAKEN' });
  expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
  server.close();
});

test('a start can be cut', async () => {
  const cut = new AbortController();
  const steps: string[] = [];
  const onProgress = (step: string): void => {
    steps.push(step);
    if (step.startsWith('deploy:')) cut.abort(new Error('interrupted'));
  };
  await expect(start({ signal: cut.signal, onProgress })).rejects.toThrow('interrupted');
  expect(steps).not.toContain('deployed');
  expect(readdirSync(dataDir)).not.toContain('lock');
});

test('after a kill in the middle of a deploy the next start finishes it', async () => {
  writeTestAssembly(assemblyDir, {
    migrate: 'await new Promise(() => setInterval(() => {}, 1000));',
  });
  const child = startInChild();
  await untilFileHolds(join(dataDir, 'deployment.json'), '"MigrateFleet"');
  child.kill('SIGKILL');
  await once(child, 'exit');
  writeTestAssembly(assemblyDir);
  await withRuntime(async ({ port }) => {
    expect((await get(port, 'acme.localhost')).body).toContain('"deploys":1');
  });
});

test('no password is in any log or record but the secrets themselves', async () => {
  await withRuntime(async ({ port }) => {
    await get(port, 'acme.localhost');
    await get(port, 'acme.localhost', '/broken');
  });
  const secrets = readFileSync(join(dataDir, 'secrets.json'), 'utf8');
  const passwords = [...secrets.matchAll(/password\\":\\"([^\\"]+)/g)].map(
    ([, value]) => value ?? '',
  );
  expect(passwords).toHaveLength(2);
  const logs = readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter(
      (entry) =>
        entry.isFile() &&
        /logs|executions|deployment|runtime/.test(join(entry.parentPath, entry.name)),
    )
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
  expect(logs.length).toBeGreaterThan(3);
  for (const password of passwords) {
    expect(logs.filter((text) => text.includes(password))).toEqual([]);
  }
});

function startInChild(): ChildProcess {
  const script = `
    const { startLocal } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)});
    await startLocal(${JSON.stringify({ assemblyDir, dataDir, port: 0, durable: false })});`;
  return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
}

async function untilFileHolds(file: string, text: string): Promise<void> {
  await expect
    .poll(() => existsSync(file) && readFileSync(file, 'utf8').includes(text), {
      timeout: 20_000,
      interval: 20,
    })
    .toBe(true);
}
