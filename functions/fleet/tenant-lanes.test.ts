import { expect, test } from 'vitest';
import { TenantLanes } from './tenant-lanes.ts';

interface Started {
  readonly tenant: number;
  /** Tenants that share its lane. */
  readonly together: readonly number[];
  finish(milliseconds: number): void;
}

function openLanes(count: number) {
  const started: Started[] = [];
  const lanes = new TenantLanes<number, { tenant: number; milliseconds: number }>(
    count,
    async (tenants, finish) => {
      const work = tenants.map((tenant) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        started.push({
          tenant,
          together: tenants,
          finish: (milliseconds) => {
            finish({ tenant, milliseconds });
            resolve();
          },
        });
        return promise;
      });
      await Promise.all(work);
    },
  );
  return { lanes, started };
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

test('no more tenants are at work than there are lanes, and each free lane takes the next one', async () => {
  const { lanes, started } = openLanes(2);
  lanes.add(numbers(5));
  expect(started.map(({ tenant }) => tenant)).toEqual([0, 1]);
  started[1]?.finish(100);
  await expect.poll(() => started.map(({ tenant }) => tenant)).toEqual([0, 1, 2]);
  expect(lanes.held).toBe(4);
  expect(lanes.takeResults()).toEqual([{ tenant: 1, milliseconds: 100 }]);
  expect(lanes.takeResults()).toEqual([]);
});

test('slow tenants are held one a lane, quick ones in larger numbers', async () => {
  const { lanes, started } = openLanes(4);
  expect(lanes.room).toBe(4);
  lanes.add(numbers(4));
  expect(lanes.room).toBe(0);
  for (const { finish } of started) finish(2000);
  await expect.poll(() => lanes.held).toBe(0);
  expect(lanes.room).toBe(4);
  await makeQuick(lanes, started);
  expect(lanes.room).toBeGreaterThan(60);
  expect(lanes.room).toBeLessThanOrEqual(256);
});

test('quick tenants share lanes evenly, each is reported as it ends, and slow ones have a lane each', async () => {
  const { lanes, started } = openLanes(4);
  await makeQuick(lanes, started);
  lanes.add(numbers(12));
  expect(started.map(({ together }) => together.length)).toEqual(
    Array.from({ length: 12 }, () => 3),
  );
  started[0]?.finish(2000);
  expect([lanes.takeResults(), lanes.held]).toEqual([[{ tenant: 0, milliseconds: 2000 }], 11]);
  for (const { finish } of started.splice(0).slice(1)) finish(2000);
  await expect.poll(() => lanes.held).toBe(0);
  lanes.add(numbers(8));
  expect(started.map(({ together }) => together)).toEqual([[0], [1], [2], [3]]);
});

/** Lets the lanes learn that tenants take 5 ms. */
async function makeQuick(
  lanes: ReturnType<typeof openLanes>['lanes'],
  started: Started[],
): Promise<void> {
  for (let round = 0; round < 20; round += 1) {
    started.length = 0;
    lanes.add([0]);
    started[0]?.finish(5);
    await expect.poll(() => lanes.held).toBe(0);
  }
  started.length = 0;
  lanes.takeResults();
}

test('there is something to report when a lane is about to be free, and not before', async () => {
  const { lanes, started } = openLanes(2);
  lanes.add(numbers(6));
  let isShort = false;
  const waiting = lanes.untilShort(60_000).then(() => {
    isShort = true;
  });
  started[0]?.finish(100);
  await expect.poll(() => started.length).toBe(3);
  expect(isShort).toBe(false);
  started[1]?.finish(100);
  started[2]?.finish(100);
  await waiting;
  expect(lanes.takeResults()).toHaveLength(3);
});

test('of the last tenants there is something to report when all are done', async () => {
  const { lanes, started } = openLanes(2);
  lanes.add(numbers(2));
  let isShort = false;
  const waiting = lanes.untilShort(60_000, { areLast: true }).then(() => {
    isShort = true;
  });
  started[0]?.finish(1);
  await expect.poll(() => lanes.held).toBe(1);
  expect(isShort).toBe(false);
  started[1]?.finish(1);
  await waiting;
  expect(lanes.takeResults()).toHaveLength(2);
});

test('of the last tenants those that are done are reported while another one is at work', async () => {
  const { lanes, started } = openLanes(2);
  lanes.add(numbers(2));
  started[0]?.finish(1);
  await lanes.untilShort(60_000, { areLast: true });
  expect(lanes.takeResults()).toHaveLength(1);
  expect(lanes.held).toBe(1);
});

test('after the first quick tenant a lane takes several at once', async () => {
  const { lanes, started } = openLanes(1);
  lanes.add([0]);
  started[0]?.finish(5);
  await expect.poll(() => lanes.held).toBe(0);
  lanes.add(numbers(8));
  expect(started.at(-1)?.together).toHaveLength(8);
});

test('who closes the lanes waits for what is at work and begins nothing more', async () => {
  const { lanes, started } = openLanes(1);
  lanes.add(numbers(3));
  const closed = lanes.close();
  started[0]?.finish(1);
  await closed;
  expect(started).toHaveLength(1);
});
