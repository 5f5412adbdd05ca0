import { expect, test } from 'vitest';
import { forEachTenant, type TaskResult } from './for-each-tenant.ts';

function pace(concurrency: number, signal = new AbortController().signal) {
  const heard: TaskResult[] = [];
  return { concurrency, signal, heard, onResult: (result: TaskResult) => void heard.push(result) };
}

test('as many tenants are at work as allowed, and never more', async () => {
  let atWork = 0;
  let most = 0;
  const tenants = Array.from({ length: 10 }, (_, number) => `tenant-${number}`);
  const results = await forEachTenant(
    tenants,
    async () => {
      atWork += 1;
      most = Math.max(most, atWork);
      await new Promise(setImmediate);
      atWork -= 1;
    },
    pace(3),
  );

  expect(most).toBe(3);
  expect(results.map(({ tenant }) => tenant).toSorted()).toEqual(tenants);
});

test('a failed tenant stops nobody and is told with its reason', async () => {
  const at = pace(1);
  await forEachTenant(
    ['acme', 'globex'],
    async (tenant) => {
      if (tenant === 'acme') throw Object.assign(new Error('no'), { sqlstate: '23502' });
      await Promise.resolve();
    },
    at,
  );

  expect(at.heard).toEqual([
    expect.objectContaining({ tenant: 'acme', status: 'failed', message: 'no', sqlstate: '23502' }),
    expect.objectContaining({ tenant: 'globex', status: 'done' }),
  ]);
});

test('after an interrupt no further tenant begins', async () => {
  const controller = new AbortController();
  const results = await forEachTenant(
    ['acme', 'globex', 'initech'],
    async () => {
      controller.abort();
      await Promise.resolve();
    },
    pace(1, controller.signal),
  );

  expect(results.map(({ tenant }) => tenant)).toEqual(['acme']);
});
