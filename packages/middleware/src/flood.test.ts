import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { createTenantResolver } from './tenant-resolver.ts';
import { openTestCatalog } from './test-catalog.ts';
import { httpEvent, lambdaContext } from './test-request.ts';
import { withTenant } from './with-tenant.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapInUse(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

test('a flood of unknown hosts gets 404, reaches the catalog within its budget, and leaves no memory behind', async () => {
  const { catalog, state } = openTestCatalog();
  const perSecond = 50;
  const handler = withTenant(
    {
      resolver: createTenantResolver(catalog, { maxLookupsPerSecond: perSecond }),
      open: () => ({ db: {}, shared: {} }) as never,
    },
    async () => ({ statusCode: 200 }),
  );
  const flood = async (name: string, count: number) => {
    const statuses = new Set<number | undefined>();
    for (let number = 0; number < count; number += 1) {
      const host = `${name}-${number}.example.com`;
      statuses.add((await handler(httpEvent({ host }), lambdaContext())).statusCode);
    }
    return [...statuses];
  };
  const startedAt = performance.now();
  const acme = { host: 'acme.example.com' };
  await handler(httpEvent(acme), lambdaContext());
  await flood('warm', 1000);
  const before = heapInUse();
  expect(await flood('cold', 5000)).toEqual([404]);
  expect(heapInUse() - before).toBeLessThan(1_000_000);
  const seconds = (performance.now() - startedAt) / 1000;
  expect(state.queries).toBeLessThanOrEqual(perSecond * (1 + seconds));
  expect((await handler(httpEvent(acme), lambdaContext())).statusCode).toBe(200);
});
