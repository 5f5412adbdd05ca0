import { expect, test } from 'vitest';
import { createStock } from './tenant-stock.ts';

function countingStock(ahead: number) {
  let made = 0;
  const stock = createStock(async () => {
    made += 1;
    return made;
  }, ahead);
  return { stock, made: () => made };
}

test('nothing is made before the first is taken; then so many are ahead', async () => {
  const { stock, made } = countingStock(2);
  expect(made()).toBe(0);
  expect(await stock.take()).toBe(1);
  expect(made()).toBe(3);
  expect(await stock.take()).toBe(2);
  expect(made()).toBe(4);
});

test('closing answers what nobody took', async () => {
  const { stock } = countingStock(2);
  await stock.take();
  expect(await stock.close()).toEqual([2, 3]);
});

test('who takes one that could not be made gets the error, and nobody else does', async () => {
  let made = 0;
  const stock = createStock(async () => {
    made += 1;
    if (made === 2) throw new Error('second');
    return made;
  }, 1);
  expect(await stock.take()).toBe(1);
  await expect(stock.take()).rejects.toThrow('second');
  expect(await stock.take()).toBe(3);
});
