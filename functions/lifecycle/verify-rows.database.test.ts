import { pgDialect } from '@tenantry/database';
import { parsePoolName, schemaNameOf, type TenantId } from '@tenantry/tenancy';
import { Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addPoolTenant } from '../../test/support/add-pool-tenant.ts';
import { openTestFleet, type TestFleet } from '../../test/support/open-test-fleet.ts';
import { verifyLogin } from './verify-login.ts';
import { verifyRows } from './verify-rows.ts';

const migrations = {
  'tenant/shop/0001_item.sql':
    "create table item (name text primary key);\ncreate table empty (n int);\ninsert into item values ('first');",
};
const pool = parsePoolName('main');
let system: TestFleet;
let ada: TenantId;

beforeAll(async () => {
  system = await openTestFleet(migrations);
  ada = await addPoolTenant(system, 'ada');
  await addPoolTenant(system, 'bob');
  await addPoolTenant(system, 'cid', { pool: 'other' });
});
afterAll(async () => await system?.close());

/** Runs `fn` with the login of tenant ada. */
async function asAda(fn: (db: Kysely<unknown>) => Promise<void>): Promise<void> {
  const password = `password-of-${ada}`;
  const dialect = pgDialect({ ...system.cluster.postgres, user: schemaNameOf(ada), password });
  const db = new Kysely<unknown>({ dialect });
  try {
    await fn(db);
  } finally {
    await db.destroy();
  }
}

const run = async (statement: string) => await sql.raw(statement).execute(system.cluster.admin);

test('the login of a tenant in a pool finds its pool, what is shared, and its own rows', async () => {
  await asAda(async (db) => {
    await verifyLogin(db, ada, { schemas: ['own', 'shared'], pool });
    await verifyRows(db, ada);
  });
});

test('rows of another tenant in a shared table are found, and the table is named', async () => {
  await run('alter table p_main.item disable row level security');
  await asAda(async (db) => {
    await expect(verifyRows(db, ada)).rejects.toMatchObject({
      code: 'PRIVILEGES_NOT_EFFECTIVE',
      violations: ['rows of other tenants are seen in table item'],
    });
  });
  await run('alter table p_main.item enable row level security');
});

test.each([
  [`grant usage on schema p_other to p_main`, /1 schemas of others can be used/],
  [`alter role ROLE set search_path = shared`, /names resolve in shared/],
])('a login that is not as it must be is refused: %s', async (change, violation) => {
  await run(change.replace('ROLE', schemaNameOf(ada)));
  await asAda(async (db) => {
    await expect(verifyLogin(db, ada, { schemas: ['own', 'shared'], pool })).rejects.toThrow(
      violation,
    );
  });
});
