import { openTestCache, type TestCache } from '@tenantry/local';
import { newTenantId } from '@tenantry/tenancy';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { attackCache, createTenantCaches } from './index.ts';

let services: TestCache;

beforeAll(async () => {
  services = await openTestCache();
});
afterAll(async () => await services?.close());

const addressOf = ({ place, tableName, roleArn }: TestCache) => ({ ...place, tableName, roleArn });

test("no session reaches another tenant's values, and each is tried with one that reaches its own", async () => {
  const [attacker, victim] = [newTenantId(), newTenantId()];
  const openCache = createTenantCaches(addressOf(services));
  await openCache(victim).set('secret', 'of the victim');
  const results = await attackCache(addressOf(services), { attacker, victim });
  expect(results.map(({ hasHeld }) => hasHeld)).toEqual(results.map(() => true));
  const [own, ...attacks] = results.map(({ outcome }) => outcome);
  expect(own).toBe('served');
  expect(attacks).toHaveLength(7);
  expect(attacks).not.toContain('served');
});

test('what is served is a wall that did not hold', async () => {
  const attacker = newTenantId();
  const results = await attackCache(addressOf(services), { attacker, victim: attacker });
  const open = results.filter(({ hasHeld }) => !hasHeld);
  expect(open.map(({ name, outcome }) => [name, outcome])).toEqual([
    ["read the victim's value", 'served'],
    ["list the victim's values", 'served'],
    ["list the victim's values from an own page on", 'served'],
  ]);
});
