import { expect, test } from 'vitest';
import { countBearable, pickCanaries, planWaves, shareWaves } from './plan-waves.ts';

const candidate = (id: string, rows: number | null, position = 0) => ({
  id,
  slug: `slug-${id}`,
  rows,
  position,
});

const fleet = [
  candidate('a', 50, 3),
  candidate('b', 2, 3),
  candidate('c', 900, 3),
  candidate('d', 40, 1),
];

test('canaries are the smallest, the one with most rows, the one at the oldest version, then others', () => {
  expect(pickCanaries(fleet, 4).map(({ id, reason }) => [id, reason])).toEqual([
    ['b', 'smallest'],
    ['c', 'most rows'],
    ['d', 'oldest version'],
    ['a', 'random'],
  ]);
});

test('nobody is a canary twice, and there are never more canaries than tenants', () => {
  const [only] = fleet;
  expect(pickCanaries(only === undefined ? [] : [only], 3).map(({ id }) => id)).toEqual(['a']);
});

test('a tenant of unknown size is neither the smallest nor the largest', () => {
  const picked = pickCanaries([candidate('a', null), candidate('b', 5)], 2);
  expect(picked.map(({ id, reason }) => [id, reason])).toEqual([
    ['b', 'smallest'],
    ['a', 'oldest version'],
  ]);
});

test('named canaries are taken by slug or id; one that has nothing to do in the run is left out', () => {
  const picked = pickCanaries(fleet, ['slug-c', 'a', 'elsewhere']);
  expect(picked.map(({ id, reason }) => [id, reason])).toEqual([
    ['a', 'named'],
    ['c', 'named'],
  ]);
});

test.each([
  [99, [10, 100], [10, 89]],
  [99, [5, 25, 100], [5, 20, 74]],
  [1, [5, 25, 100], [1]],
  [2, [10, 100], [1, 1]],
  [0, [10, 100], []],
  [1000, [100], [1000]],
])('%i tenants in shares of %j make waves of %j', (tenants, shares, waves) => {
  expect(shareWaves(tenants, shares)).toEqual(waves);
});

test('the canary is not part of the waves after it', () => {
  const { canary, waves } = planWaves(fleet, { canary: 1, waves: [50, 100] });
  expect(canary.map(({ id }) => id)).toEqual(['b']);
  expect(waves).toEqual([2, 1]);
});

test.each([
  [{}, 0],
  [{ maxFailures: 3 }, 3],
  [{ maxFailures: '2%' }, 4],
  [{ maxFailures: '0.2%' }, 0],
  [{ onError: 'continue', maxFailures: 1 }, null],
] as const)('a run over 200 tenants at the pace %j bears %s failures', (pace, failures) => {
  expect(countBearable(pace, 200)).toBe(failures);
});
