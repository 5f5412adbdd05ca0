import { expect, test, vi } from 'vitest';
import {
  DatabaseLoginRefusedError,
  parseTenantId,
  tablelessRouteMs,
  type Host,
} from '@tenantry/tenancy';
import { createLookupBudget } from './lookup-budget.ts';
import { openTestCatalog, testRoute } from './test-catalog.ts';
import { createTenantResolver } from './tenant-resolver.ts';

const acme = 'acme.example.com' as Host;

test('a host is asked for once, however many want it at the same time', async () => {
  const { state, catalog } = openTestCatalog();
  const resolver = createTenantResolver(catalog);
  const routes = await Promise.all(Array.from({ length: 50 }, () => resolver.findByHost(acme)));
  expect(new Set(routes.map((route) => route?.tenant.slug))).toEqual(new Set(['acme']));
  await resolver.findByHost(acme);
  expect(state.queries).toBe(1);
});

test('a forgotten host is asked for again', async () => {
  const { state, catalog } = openTestCatalog();
  const resolver = createTenantResolver(catalog);
  await resolver.findByHost(acme);
  resolver.forget(acme);
  await resolver.findByHost(acme);
  expect(state.queries).toBe(2);
});

test('an unknown host is never remembered, so a new tenant answers at once', async () => {
  const { state, catalog } = openTestCatalog();
  const resolver = createTenantResolver(catalog);
  for (let time = 0; time < 3; time += 1) {
    expect(await resolver.findByHost('new.example.com' as Host)).toBeUndefined();
  }
  expect(state.queries).toBe(3);
});

test('a flood of unknown hosts reaches the catalog a bounded number of times and no tenant suffers', async () => {
  const { state, catalog } = openTestCatalog();
  const resolver = createTenantResolver(catalog, { maxLookupsPerSecond: 20 });
  await resolver.findByHost(acme);
  for (let number = 0; number < 5000; number += 1)
    await resolver.findByHost(`h${number}.example.com` as Host);
  expect(state.queries).toBeLessThan(200);
  expect((await resolver.findByHost(acme))?.tenant.slug).toBe('acme');
});

test('with the catalog down a known tenant is served on, an unknown one is an error and never another tenant', async () => {
  const { state, catalog } = openTestCatalog();
  const resolver = createTenantResolver(catalog);
  await resolver.findByHost(acme);
  state.isDown = true;
  expect((await resolver.findByHost(acme))?.tenant.slug).toBe('acme');
  await expect(resolver.findByHost('other.example.com' as Host)).rejects.toMatchObject({
    code: 'DATABASE_UNAVAILABLE',
  });
});

test('with the catalog down a route is believed for its life and not a moment longer', async () => {
  const { state, catalog } = openTestCatalog();
  const resolver = createTenantResolver(catalog, { ttlMs: 20 });
  await resolver.findByHost(acme);
  state.isDown = true;
  const outcome = async () =>
    await resolver.findByHost(acme).then(
      () => 'served',
      (error: { readonly code?: string }) => error.code,
    );
  await expect.poll(outcome, { interval: 5 }).toBe('DATABASE_UNAVAILABLE');
  state.isDown = false;
  expect(await outcome()).toBe('served');
});

test('a suspended tenant is never remembered, so that it answers at once when it is resumed', async () => {
  const { state, catalog } = openTestCatalog([testRoute({ status: 'suspended' })]);
  const resolver = createTenantResolver(catalog);
  expect((await resolver.findByHost(acme))?.tenant.status).toBe('suspended');
  state.routes = [testRoute()];
  expect((await resolver.findByHost(acme))?.tenant.status).toBe('active');
  await resolver.findByHost(acme);
  expect(state.queries).toBe(2);
});

test('the route of a tenant without tables, whose login nobody can close, is believed for a shorter time', async () => {
  let time = 1000;
  vi.spyOn(performance, 'now').mockImplementation(() => time);
  const cached = testRoute({ host: 'cached.example.com', isolation: 'cache' });
  const { state, catalog } = openTestCatalog([testRoute(), cached]);
  const resolver = createTenantResolver(catalog);
  const look = async () => {
    await resolver.findByHost(acme);
    await resolver.findByHost(cached.host as Host);
    return state.queries;
  };
  expect(await look()).toBe(2);
  time += tablelessRouteMs - 1;
  expect(await look()).toBe(2);
  time += 2;
  // The clock is read once a millisecond.
  await expect.poll(look).toBe(3);
});

const own = testRoute({ isolation: 'dedicated' });
const neighbour = testRoute({ host: 'other.example.com', id: 'bbbbbbbbbbbbbbbbbbbb' });

test('a tenant with an application of its own is served by no other one', async () => {
  const resolver = createTenantResolver(openTestCatalog([own, neighbour]).catalog);
  expect(await resolver.findByHost(acme)).toBeUndefined();
  expect(await resolver.findByHost(neighbour.host as Host)).toBeDefined();
});

test('a dedicated application serves its tenant, and nobody else whatever the catalog says', async () => {
  const { state, catalog } = openTestCatalog([own, neighbour]);
  const only = parseTenantId(own.id);
  const resolver = createTenantResolver(catalog, { only });
  expect((await resolver.findByHost(acme))?.tenant.id).toBe(only);
  expect(await resolver.findByHost(neighbour.host as Host)).toBeUndefined();
  resolver.forget(acme);
  state.isDown = true;
  await expect(resolver.findByHost(acme)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
});

test('a login that the catalog refuses is that of a tenant that is not served, and not a failure', async () => {
  const { state, catalog } = openTestCatalog([own]);
  state.refusal = new DatabaseLoginRefusedError(new Error('not permitted to log in'));
  const resolver = createTenantResolver(catalog, { only: parseTenantId(own.id) });
  expect(await resolver.findByHost(acme)).toBeUndefined();
  await expect(createTenantResolver(catalog).findByHost(acme)).rejects.toMatchObject({
    code: 'DATABASE_UNAVAILABLE',
  });
});

test("a budget gives one second's worth at once and then so many a second", () => {
  const clock = { now: 0 };
  const mayLookUp = createLookupBudget(10, () => clock.now);
  const take = (times: number) => Array.from({ length: times }, mayLookUp).filter(Boolean).length;
  expect(take(50)).toBe(10);
  clock.now += 500;
  expect(take(50)).toBe(5);
  clock.now += 60_000;
  expect(take(50)).toBe(10);
});
