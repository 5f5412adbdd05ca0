import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  provisionAndVerifySchema,
  provisionTenantSchema,
  sqlStateOf,
  verifyPrivileges,
} from '@tenantry/database';
import { applyMigrations, tenantTarget, type CompiledMigration } from '@tenantry/migrations';
import { newTenantId } from '@tenantry/tenancy';
import {
  createTestTenant,
  openTestCluster,
  type AnyDb,
  type TestCluster,
  type TestTenant,
} from '../support/open-test-cluster.ts';

let cluster: TestCluster;
let thor: TestTenant;
let potter: TestTenant;

beforeAll(async () => {
  cluster = await openTestCluster();
  thor = await createTestTenant(cluster);
  potter = await createTestTenant(cluster);
  await thor.db.insertInto('poll').values({ question: 'thor-marker' }).execute();
  await potter.db.insertInto('poll').values({ question: 'potter-marker' }).execute();
});
afterAll(async () => {
  await cluster.close();
});

/** Runs any SQL as potter; `{thor}`, `{potter}` stand for the two schemas, `{thor_owner}` for thor's owner role. */
async function attack(text: string, db: AnyDb = potter.db): Promise<string> {
  const query = text
    .replaceAll('{thor_owner}', thor.owner)
    .replaceAll('{potter_owner}', potter.owner)
    .replaceAll('{thor}', thor.schema)
    .replaceAll('{potter}', potter.schema);
  try {
    const result = await sql.raw(query).execute(db);
    return `succeeded: ${JSON.stringify(result.rows, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}`;
  } catch (error) {
    return sqlStateOf(error) ?? String(error);
  }
}

const denied = '42501';

test("a migration runs as the tenant's owner, in its schema, and what it makes gets the tenant's rights only", async () => {
  const probe = {
    ...migration('polls/0003_who'),
    up: [
      { sql: 'create table who (role text default current_user, path text)', line: 1, effects: [] },
      { sql: "insert into who (path) select current_setting('search_path')", line: 2, effects: [] },
    ],
  };
  await applyMigrations(cluster.migrator, tenantTarget(potter.id), [probe]);
  expect(await potter.db.selectFrom('who').selectAll().execute()).toEqual([
    { role: potter.owner, path: `${potter.schema}, pg_temp` },
  ]);
  expect(await attack('select * from {potter}.who', thor.db)).toBe(denied);
  expect(await attack('create table mine ()')).toBe(denied);
});

test('a right that a tenant must not have is found and named', async () => {
  const tenant = await createTestTenant(cluster);
  await sql
    .raw(`grant create on schema ${tenant.schema} to ${tenant.schema}`)
    .execute(cluster.provisioner);
  await expect(verifyPrivileges(cluster.provisioner, tenant.id)).rejects.toEqual(
    expect.objectContaining({
      code: 'PRIVILEGES_NOT_EFFECTIVE',
      violations: ['the role may create in its schema'],
    }),
  );
});

test('provisioning reads back in the same statement what it made, and names a right that is left', async () => {
  const id = newTenantId();
  const password = 'x';
  await provisionAndVerifySchema(cluster.provisioner, id, { password });
  await sql.raw(`grant usage on schema t_${id} to public`).execute(cluster.provisioner);
  await provisionAndVerifySchema(cluster.provisioner, id, { password });
  await sql.raw(`grant create on schema t_${id} to t_${id}`).execute(cluster.provisioner);
  await expect(
    provisionAndVerifySchema(cluster.provisioner, id, { password }),
  ).rejects.toMatchObject({ violations: ['the role may create in its schema'] });
});

test('provisioning by a role that may not fails closed', async () => {
  await expect(
    provisionTenantSchema(cluster.migrator, newTenantId(), { password: 'x' }),
  ).rejects.toThrow(/permission denied/);
});

test('50 tenants made at the same moment all have their walls', async () => {
  const ids = Array.from({ length: 50 }, newTenantId);
  const provisioners = Array.from({ length: 8 }, () =>
    cluster.openAs('platform_provisioner', 'password-of-platform_provisioner'),
  );
  await Promise.all(
    ids.map(async (id, index) => {
      const provisioner = provisioners[index % provisioners.length] ?? cluster.provisioner;
      await provisionAndVerifySchema(provisioner, id, { password: 'x' });
    }),
  );
});

function migration(id: string): Omit<CompiledMigration, 'up'> {
  return {
    id,
    module: 'polls',
    file: `tenant/${id}.sql`,
    form: 'transaction',
    dependsOn: [],
    formerly: [],
    checksum: id,
    down: null,
  };
}
