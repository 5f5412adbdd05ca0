import { expect, test } from 'vitest';
import { runChange, runPace, targetSelector } from './run-inputs.ts';

test.each([
  [{ kind: 'up' }],
  [{ kind: 'up', to: 'polls/0002_x', module: 'polls' }],
  [{ kind: 'down', to: null }],
  [{ kind: 'down', steps: 2, module: 'polls' }],
  [{ kind: 'undo', run: 'run_1' }],
])('the change %j is taken as it is', (change) => {
  expect(runChange.parse(change)).toEqual(change);
});

test.each([
  [{ kind: 'sideways' }],
  [{ kind: 'down' }],
  [{ kind: 'down', to: null, steps: 1 }],
  [{ kind: 'down', steps: 0 }],
  [{ kind: 'undo' }],
])('the change %j is refused', (change) => {
  expect(runChange.safeParse(change).success).toBe(false);
});

test.each([
  [{}],
  [{ canary: 0, waves: [100] }],
  [{ canary: ['acme'], waves: [0.5, 25, 100], concurrency: 64 }],
  [{ maxFailures: '2%', onError: 'continue' }],
  [{ maxFailures: 3, pauseBetweenTenantsSeconds: 5, pauseBetweenWavesSeconds: 3600 }],
  [{ startAt: '2030-01-01T02:00:00+01:00' }],
])('the pace %j is taken as it is', (pace) => {
  expect(runPace.parse(pace)).toEqual(pace);
});

test.each([
  [{ canary: -1 }],
  [{ canary: [] }],
  [{ waves: [] }],
  [{ waves: [10, 50] }],
  [{ waves: [50, 10, 100] }],
  [{ concurrency: 0 }],
  [{ maxFailures: '2' }],
  [{ maxFailures: -1 }],
  [{ onError: 'ignore' }],
  [{ startAt: 'tonight' }],
])('the pace %j is refused', (pace) => {
  expect(runPace.safeParse(pace).success).toBe(false);
});

test('a selection that is missing is refused by its own code', () => {
  expect(() => targetSelector.safeParse({})).toThrow(
    expect.objectContaining({ code: 'NO_TARGETS_SELECTED' }),
  );
});
