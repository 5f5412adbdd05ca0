import { afterAll, beforeAll, expect, test } from 'vitest';
import { sql } from 'kysely';
import { describeSchema } from '@tenantry/database';
import { applyMigrations, revertMigrations, staticTargets } from '@tenantry/migrations';
import { openTestCluster, type TestCluster } from '../../test/support/open-test-cluster.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await openTestCluster();
});
afterAll(async () => {
  await cluster?.close();
});

test('the catalog of the first version is brought to the newest with the runs it has, and back', async () => {
  const { admin, compiled } = cluster;
  const [first, ...later] = compiled.scopes.catalog.migrations;
  if (first === undefined) throw new Error('the catalog has no migrations');
  const { catalog: target } = staticTargets;
  const newest = await describeSchema(admin, 'catalog');
  await revertMigrations(admin, target, later);
  await sql`insert into catalog.tenants (id, slug, name, isolation, status, cluster_id, created_by)
    values ('abcdefghijklmnop', 'acme', 'Acme', 'schema', 'active', 'main', 'test')`.execute(admin);
  await sql`insert into catalog.runs (id, hash, selection_key, reason, actor, status, total)
    values ('run_1', 'h', 'all', 'deploy', 'deploy', 'running', 1)`.execute(admin);
  await sql`insert into catalog.run_items (run_id, tenant_id, wave, status)
    values ('run_1', 'abcdefghijklmnop', 1, 'pending')`.execute(admin);
  await applyMigrations(admin, target, compiled.scopes.catalog.migrations);
  expect(await describeSchema(admin, 'catalog')).toEqual(newest);
  const { rows } = await sql`select cluster_id, applied, change from catalog.run_items
    join catalog.runs on runs.id = run_id`.execute(admin);
  expect(rows).toEqual([{ cluster_id: 'main', applied: [], change: { kind: 'up' } }]);
});
