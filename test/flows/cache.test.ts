import { createTenantCaches } from '@tenantry/cache';
import { parseTenantId } from '@tenantry/tenancy';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSystem, type LocalSystem } from '../support/local-system.ts';
import { cachePlaceOf, credentialsOf } from '../support/open-cache-session.ts';
import { openDeployedProject, type TestProject } from '../support/test-project.ts';

let project: TestProject;
let system: LocalSystem;

beforeAll(async () => {
  project = await openDeployedProject();
  const assemblyDir = await project.synthesize();
  system = await startSystem({ assemblyDir, dataDir: project.dataDir });
  await system.createTenant('thor', { isolation: 'cache' });
  await system.createTenant('potter');
});
afterAll(async () => {
  await system?.close();
  await project?.remove();
});

async function visits(slug: string, method: 'GET' | 'POST'): Promise<unknown> {
  const answer = await system.request({ host: `${slug}.localhost`, path: '/visits', method });
  expect(answer.status).toBe(200);
  return (JSON.parse(answer.text) as { readonly visits: number }).visits;
}

async function cacheOf(slug: string) {
  const shown = await system.control('show-tenant', { reference: slug });
  if (!shown.ok) throw new Error(shown.error.message);
  const credentials = credentialsOf(system.runtime, 'lifecycle-tenant');
  const openCache = createTenantCaches({ ...cachePlaceOf(system.runtime), credentials });
  return openCache(parseTenantId(shown.result.tenant.id));
}

test('a handler counts in the cache of its own tenant, whatever the isolation', async () => {
  expect(await visits('thor', 'GET')).toBe(0);
  expect(await visits('thor', 'POST')).toBe(1);
  expect(await visits('thor', 'POST')).toBe(2);
  expect(await visits('potter', 'POST')).toBe(1);
  expect(await visits('thor', 'GET')).toBe(2);
});

test('of many visits at once none is lost', async () => {
  const before = Number(await visits('thor', 'GET'));
  await Promise.all(Array.from({ length: 20 }, () => visits('thor', 'POST')));
  expect(await visits('thor', 'GET')).toBe(before + 20);
});

test('what is cached is there again after a restart', async () => {
  const before = await visits('potter', 'POST');
  await system.close();
  system = await startSystem({
    assemblyDir: await project.synthesize(),
    dataDir: project.dataDir,
  });
  expect(await visits('potter', 'GET')).toBe(before);
});

test('deleting a tenant leaves nothing of it in the cache, and its name begins anew', async () => {
  const old = await cacheOf('potter');
  await Promise.all(Array.from({ length: 30 }, (_, at) => old.set(`key ${at}`, at)));
  const other = await visits('thor', 'POST');
  const deleted = await system.execute('delete-tenant', { reference: 'potter', actor: 'test' });
  expect(deleted.status).toBe('SUCCEEDED');
  expect((await old.list()).entries).toEqual([]);
  expect(await visits('thor', 'GET')).toBe(other);
  await system.createTenant('potter');
  expect(await visits('potter', 'GET')).toBe(0);
});
