import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { exitCodes } from '../exit-codes.ts';
import { connect } from './connect.ts';

const { signal } = new AbortController();

function emptyDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'tenantry-connect-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

test('without a running system the advice is npm start', async () => {
  const cwd = emptyDir();

  await expect(connect({ cwd, env: {}, signal })).rejects.toMatchObject({
    code: 'SYSTEM_NOT_RUNNING',
    message: `No running system found from ${cwd} upwards.`,
    exitCode: exitCodes.failed,
    next: expect.arrayContaining(['npm start']),
  });
});

test('a named data folder is the only place that is looked into', async () => {
  const data = emptyDir();

  await expect(
    connect({ cwd: '/', env: { TENANTRY_STAGE: 'prod' }, data, signal }),
  ).rejects.toMatchObject({
    code: 'SYSTEM_NOT_RUNNING',
    message: `No running system found in ${data}.`,
  });
});

test.each([
  { stage: 'prod', env: {} },
  { stage: undefined, env: { TENANTRY_STAGE: 'prod' } },
])('a stage leads to AWS: $stage $env', async ({ stage, env }) => {
  const platform = await connect({
    cwd: '/',
    env,
    signal,
    region: 'eu-west-1',
    ...(stage && { stage }),
  });

  expect(platform.stage).toBe('prod');
  expect(platform.region).toBe('eu-west-1');
});
