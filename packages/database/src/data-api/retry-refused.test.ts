import { expect, test } from 'vitest';
import { retryRefused } from './retry-refused.ts';

const failing = (name: string, times: number) => {
  const calls = { count: 0 };
  const call = async () => {
    calls.count += 1;
    if (calls.count <= times) throw Object.assign(new Error(name), { name });
    return 'done';
  };
  return { calls, call };
};

function recordWaits() {
  const waits: number[] = [];
  return { waits, wait: async (ms: number) => waits.push(ms) };
}

test('a waking cluster is waited for, for about a minute', async () => {
  const { call } = failing('DatabaseResumingException', 12);
  const { waits, wait } = recordWaits();
  await expect(retryRefused(call, wait)).resolves.toBe('done');
  const total = waits.reduce((sum, ms) => sum + ms, 0);
  expect(total).toBeGreaterThan(30_000);
  expect(total).toBeLessThan(75_000);
});

test('a cluster that does not wake up in that time is told', async () => {
  const { call, calls } = failing('DatabaseResumingException', 100);
  await expect(retryRefused(call, recordWaits().wait)).rejects.toThrow('DatabaseResumingException');
  expect(calls.count).toBe(13);
});

test('a throttled call is tried five times in all', async () => {
  const { call, calls } = failing('ThrottlingException', 100);
  await expect(retryRefused(call, recordWaits().wait)).rejects.toThrow('ThrottlingException');
  expect(calls.count).toBe(5);
});

test.each([
  'TimeoutError',
  'InternalServerErrorException',
  'StatementTimeoutException',
  'DatabaseErrorException',
])('a call that may have run is never sent again: %s', async (name) => {
  const { call, calls } = failing(name, 1);
  await expect(retryRefused(call, recordWaits().wait)).rejects.toThrow(name);
  expect(calls.count).toBe(1);
});
