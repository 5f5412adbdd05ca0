import { expect, test } from 'vitest';
import { estimateRun, type RunWork } from './estimate-run.ts';

const work: RunWork = {
  waves: [1, 99, 900],
  concurrency: 16,
  pauseBetweenTenantsSeconds: 0,
  pauseBetweenWavesSeconds: 0,
  statementMs: 10,
  scannedRows: 0,
  writtenRows: 0,
};

const secondsOf = (change: Partial<RunWork>) => estimateRun({ ...work, ...change }).seconds;
const dollarsOf = (change: Partial<RunWork>) => estimateRun({ ...work, ...change }).dollars;

test('a run over nobody takes no time and costs nothing', () => {
  expect(estimateRun({ ...work, waves: [] })).toEqual({ seconds: 0, dollars: 0 });
});

test('pauses count in full, between waves and for each tenant', () => {
  expect(secondsOf({ pauseBetweenWavesSeconds: 60 })).toBeCloseTo(secondsOf({}) + 120, 1);
  expect(secondsOf({ pauseBetweenTenantsSeconds: 2 })).toBeGreaterThan(2000);
});

test('more places make it faster only as far as the processors go', () => {
  const statementMs = 400;
  const [one, two, hundred] = [1, 2, 100].map((concurrency) =>
    secondsOf({ concurrency, statementMs }),
  ) as [number, number, number];
  expect(one / two).toBeCloseTo(2, 1);
  expect(hundred).toBeGreaterThan((1000 * statementMs) / 1000 / 2);
});

test('rows that statements go through take time, those they write more than those they read', () => {
  const rows = 100_000_000;
  expect(secondsOf({ scannedRows: rows })).toBeGreaterThan(secondsOf({}) + 10);
  expect(secondsOf({ writtenRows: rows })).toBeGreaterThan(secondsOf({ scannedRows: rows }) * 5);
});

test('a thousand tenants cost cents; most of it grows with waves and workers, not with tenants', () => {
  expect(dollarsOf({})).toBeGreaterThan(0.001);
  expect(dollarsOf({})).toBeLessThan(0.05);
  const tenfold = dollarsOf({ waves: [1, 999, 9000] });
  expect(tenfold).toBeGreaterThan(dollarsOf({}));
  expect(tenfold).toBeLessThan(dollarsOf({}) * 10);
  expect(dollarsOf({ waves: Array<number>(100).fill(10) })).toBeGreaterThan(dollarsOf({}) * 10);
});
