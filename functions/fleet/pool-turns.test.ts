import { expect, test } from 'vitest';
import { PoolTurns } from './pool-turns.ts';

test('tenants of one pool have their turns one after the other, those of others do not wait', async () => {
  const turns = new PoolTurns();
  const seen: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = turns.take('main', async () => {
    seen.push('first begins');
    await gate.promise;
    seen.push('first ends');
  });
  const second = turns.take('main', async () => void seen.push('second'));
  await turns.take('other', async () => void seen.push('other pool'));
  await turns.take(null, async () => void seen.push('no pool'));
  gate.resolve();
  await Promise.all([first, second]);
  expect(seen).toEqual(['first begins', 'other pool', 'no pool', 'first ends', 'second']);
});

test('what failed for one tenant fails for the others of its pool without being tried again', async () => {
  const turns = new PoolTurns();
  let tries = 0;
  const work = async () => {
    tries += 1;
    throw new Error('column exists');
  };
  const results = await Promise.allSettled([1, 2, 3].map(() => turns.take('main', work)));
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(tries).toBe(1);
  await expect(turns.take('other', async () => 'done')).resolves.toBe('done');
});
