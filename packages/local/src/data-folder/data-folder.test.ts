import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { assertNotRunning } from './lock-data-folder.ts';
import { openDataFolder } from './open-data-folder.ts';
import { currentProcessMark, isRunning, markProcess } from './process-mark.ts';
import {
  findRuntime,
  removeRuntimeFile,
  writeRuntimeFile,
  type RuntimeDescription,
} from './runtime-file.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'data-folder-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
});

/** The number of a process that has just ended. */
async function endedPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

test('a folder in use is refused with the process and the folder', () => {
  const folder = openDataFolder(dir);
  expect(() => openDataFolder(dir)).toThrow(
    expect.objectContaining({
      code: 'LOCAL_DATA_LOCKED',
      message: `The data folder ${dir} is in use by process ${process.pid}.`,
      next: expect.stringContaining('--data') as string,
    }),
  );
  expect(() => assertNotRunning(dir)).toThrow(
    expect.objectContaining({ code: 'LOCAL_DATA_LOCKED' }),
  );
  folder.close();
  assertNotRunning(dir);
  openDataFolder(dir).close();
});

test('the lock of a process that has ended is taken over', async () => {
  writeFileSync(join(dir, 'lock'), JSON.stringify({ pid: await endedPid() }));
  const folder = openDataFolder(dir);
  expect(JSON.parse(readFileSync(join(dir, 'lock'), 'utf8'))).toEqual(currentProcessMark());
  folder.close();
});

test.each([
  ['that was never written to the end', ''],
  ['whose number now belongs to another process', `{"pid":${process.pid},"pidStart":"earlier"}`],
])('a lock %s is taken over', (_, lock) => {
  writeFileSync(join(dir, 'lock'), lock);
  const folder = openDataFolder(dir);
  expect(JSON.parse(readFileSync(join(dir, 'lock'), 'utf8'))).toEqual(currentProcessMark());
  folder.close();
});

test('of two that find the same stale lock only one gets the folder', async () => {
  writeFileSync(join(dir, 'lock'), JSON.stringify({ pid: await endedPid() }));
  const script = `
    const { openDataFolder } = await import(${JSON.stringify(new URL('./open-data-folder.ts', import.meta.url).href)});
    try { openDataFolder(process.argv[1]); console.log('got'); } catch (error) { console.log(error.code); }
    process.stdin.resume();`;
  const children = [1, 2, 3].map(() =>
    spawn(process.execPath, ['--input-type=module', '-e', script, dir]),
  );
  const outcomes = await Promise.all(
    children.map(async ({ stdout }) => String((await once(stdout, 'data'))[0]).trim()),
  );
  await Promise.all(
    children.map(async (child) => {
      child.stdin.end();
      await once(child, 'exit');
    }),
  );
  expect(outcomes.toSorted()).toEqual(['LOCAL_DATA_LOCKED', 'LOCAL_DATA_LOCKED', 'got']);
});

test('a folder of another layout is left as it is', () => {
  writeFileSync(join(dir, 'layout.json'), '{"v":99}');
  expect(() => openDataFolder(dir)).toThrow(
    expect.objectContaining({
      code: 'LOCAL_DATA_OTHER_LAYOUT',
      message: expect.stringContaining('layout 99') as string,
    }),
  );
  expect(readFileSync(join(dir, 'layout.json'), 'utf8')).toBe('{"v":99}');
  expect(() => statSync(join(dir, 'lock'))).toThrow('ENOENT');
});

const description: Omit<RuntimeDescription, 'v' | 'pid'> = {
  url: 'http://localhost:8787',
  port: 8787,
  endpointUrl: 'http://127.0.0.1:9999',
  postgres: { host: '127.0.0.1', port: 54_329 },
  region: 'us-east-1',
  accountId: '000000000000',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  stage: 'local',
  controlFunction: 'tenantry-local-control',
  stateMachines: { createTenant: 'c', deleteTenant: 'd', migrateFleet: 'm' },
};

test('a running system is found by name, by TENANTRY_DATA, and from any folder below', () => {
  const dataDir = join(dir, '.tenantry');
  const below = join(dir, 'a', 'b');
  mkdirSync(dataDir);
  mkdirSync(below, { recursive: true });
  writeRuntimeFile(dataDir, description);
  const found = { ...description, v: 1, pid: process.pid, dataDir };
  expect(findRuntime({ cwd: below, env: {} })).toMatchObject(found);
  expect(findRuntime({ cwd: '/', env: { TENANTRY_DATA: dataDir } })).toMatchObject(found);
  expect(findRuntime({ cwd: '/', env: {}, dataDir })).toMatchObject(found);
  expect(findRuntime({ cwd: dir, env: {}, dataDir: '.tenantry' })).toMatchObject(found);
  expect(findRuntime({ cwd: below, env: { TENANTRY_DATA: join(dir, 'other') } })).toBeUndefined();
});

test("what tells how to reach the system is its owner's alone and goes with it", () => {
  writeRuntimeFile(dir, description);
  expect(statSync(join(dir, 'runtime.json')).mode & 0o777).toBe(0o600);
  removeRuntimeFile(dir);
  expect(findRuntime({ cwd: '/', env: {}, dataDir: dir })).toBeUndefined();
});

test('a system that was killed is not running', async () => {
  const content = { v: 1, pid: await endedPid(), ...description };
  writeFileSync(join(dir, 'runtime.json'), JSON.stringify(content));
  expect(findRuntime({ cwd: '/', env: {}, dataDir: dir })).toBeUndefined();
});

test('a runtime file of another version is an error, not a system that does not run', () => {
  writeFileSync(join(dir, 'runtime.json'), '{"v":2}');
  expect(() => findRuntime({ cwd: '/', env: {}, dataDir: dir })).toThrow(
    expect.objectContaining({ code: 'LOCAL_DATA_UNREADABLE' }),
  );
});

test.runIf(process.platform === 'linux')(
  'a process is told apart from a later one with its number',
  () => {
    const mark = markProcess(process.pid);
    expect(isRunning(mark)).toBe(true);
    expect(isRunning({ ...mark, pidStart: 'earlier' })).toBe(false);
  },
);

test('nothing has the number 0', () => {
  expect(isRunning({ pid: 0 })).toBe(false);
});
