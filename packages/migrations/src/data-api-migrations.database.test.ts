import { createDataApiClient, DataApiDialect, dropPoolTenant } from '@tenantry/database';
import { openTestDataApi, type TestDataApi } from '@tenantry/local';
import { parsePoolName } from '@tenantry/tenancy';
import { Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPoolTenant } from '../../../test/support/create-pool-tenant.ts';
import {
  createTestTenant,
  openTestCluster,
  type AnyDb,
  type TestCluster,
} from '../../../test/support/open-test-cluster.ts';
import {
  applyMigrations,
  pooledMigrations,
  poolTarget,
  readLedger,
  revertMigrations,
  tenantTarget,
} from './index.ts';
import { compileTenantFiles } from './test-files.ts';

/** Short, so that statements outlive their calls. */
const callTimeoutMs = 400;

let cluster: TestCluster;
let dataApi: TestDataApi;
let migrator: AnyDb;
let indexer: AnyDb;

beforeAll(async () => {
  cluster = await openTestCluster();
  dataApi = await openTestDataApi({
    postgres: cluster.postgres,
    readSecret: (role) => ({ username: role, password: `password-of-${role}` }),
    callTimeoutMs,
  });
  migrator = openOverDataApi('platform_migrator');
  indexer = openOverDataApi('platform_indexer');
});
afterAll(async () => {
  await dataApi.close();
  await cluster.close();
});

function openOverDataApi(secretArn: string): AnyDb {
  const client = createDataApiClient({
    endpoint: dataApi.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const { database } = cluster.postgres;
  const driver = {
    client,
    secretArn,
    resourceArn: 'arn:aws:rds:us-east-1:000000000000:cluster:test',
    database,
    continueAfterTimeout: true,
  };
  return new Kysely({ dialect: new DataApiDialect({ mode: 'postgres', driver }) });
}

const files = {
  'polls/0001_a.sql': 'create table a (id int);\ninsert into a select generate_series(1, 10);',
  'polls/0002_slow.sql':
    'select pg_sleep(1.5);\ninsert into a values (11);\n-- down\nselect pg_sleep(1.5);\ndelete from a where id = 11;',
};

test('DDL that outlives its call is waited for and counts once', async () => {
  const migrations = await compileTenantFiles(files);
  const tenant = await createTestTenant(cluster, { migrate: false });
  const target = tenantTarget(tenant.id);
  await applyMigrations(migrator, target, migrations.slice(0, 1));
  const result = await applyMigrations(migrator, target, migrations);
  expect(result.version).toBe('polls/0002_slow');
  expect(await tenant.db.selectFrom('a').select('id').where('id', '=', 11).execute()).toEqual([
    { id: 11 },
  ]);
  const reverted = await revertMigrations(migrator, target, migrations.slice(1));
  expect(reverted.version).toBe('polls/0001_a');
  expect(await tenant.db.selectFrom('a').where('id', '=', 11).selectAll().execute()).toEqual([]);
});

test('DDL that fails each time after its call has ended is an error, not an endless wait', async () => {
  const migrations = await compileTenantFiles({
    ...files,
    'polls/0002_slow.sql': 'select pg_sleep(1.5);\nselect 1 / 0;',
  });
  const tenant = await createTestTenant(cluster, { migrate: false });
  const target = tenantTarget(tenant.id);
  await applyMigrations(migrator, target, migrations.slice(0, 1));
  await expect(applyMigrations(migrator, target, migrations)).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    failure: { sqlstate: '57014', message: expect.stringMatching(/outlived its call 3 times/) },
  });
  expect((await readLedger(migrator, target)).map(({ id }) => id)).toEqual(['polls/0001_a']);
});

test('an index whose build outlives its call is looked up in the catalog', async () => {
  const migrations = await compileTenantFiles({
    'polls/0001_a.sql': files['polls/0001_a.sql'],
    'polls/0002_index.sql':
      '-- tenantry: transaction off\ncreate index concurrently a_id on a (id);',
  });
  const tenant = await createTestTenant(cluster, { migrate: false });
  const target = tenantTarget(tenant.id);
  await applyMigrations(migrator, target, migrations.slice(0, 1));
  let applying: Promise<unknown> | undefined;
  await tenant.db.transaction().execute(async (trx) => {
    await trx.insertInto('a').values({ id: 12 }).execute();
    applying = applyMigrations(migrator, target, migrations, { indexer });
    applying.catch(() => undefined);
    await sql`select pg_sleep(1.2)`.execute(trx);
  });
  expect(await applying).toEqual({ applied: ['polls/0002_index'], version: 'polls/0002_index' });
  const valid = await sql<{
    indisvalid: boolean;
  }>`select indisvalid from pg_index i join pg_class c on c.oid = i.indexrelid
    where c.relname = 'a_id' and c.relnamespace = cast(${tenant.schema} as regnamespace)`.execute(
    cluster.admin,
  );
  expect(valid.rows).toEqual([{ indisvalid: true }]);
});

test('a batch and a program run over the Data API as over a session', async () => {
  const migrations = await compileTenantFiles({
    'polls/0001_a.sql': files['polls/0001_a.sql'],
    'polls/0002_batch.sql':
      '-- tenantry: batch\nupdate a set id = -id where id in (select id from a where id > 0 limit 4);',
    'polls/0003_program.ts': `export const reads = true;
export async function up(db) {
  const rows = await db.selectFrom('a').selectAll().execute();
  await db.schema.createTable('b').addColumn('n', 'integer').execute();
  await db.insertInto('b').values({ n: rows.length }).execute();
}`,
  });
  const tenant = await createTestTenant(cluster, { migrate: false });
  const target = tenantTarget(tenant.id);
  await applyMigrations(migrator, target, migrations.slice(0, 1));
  const result = await applyMigrations(migrator, target, migrations);
  expect(result.applied).toEqual(['polls/0002_batch', 'polls/0003_program']);
  expect(await tenant.db.selectFrom('b').select('n').execute()).toEqual([{ n: 10 }]);
  expect(await tenant.db.selectFrom('a').where('id', '>', 0).selectAll().execute()).toEqual([]);
});

test('a pool is migrated, filled and emptied over the Data API like over a session', async () => {
  const pool = parsePoolName('api');
  const target = poolTarget(pool);
  const migrations = pooledMigrations(
    await compileTenantFiles({
      'polls/0001_a.sql': 'create table a (id int primary key);\ninsert into a values (1), (2);',
      'polls/0002_b.sql':
        '-- tenantry: batch\nupdate a set id = -id where id in (select id from a where id > 0 limit 1);',
    }),
  );
  const first = await createPoolTenant(cluster, pool, migrations.slice(0, 1));
  const result = await applyMigrations(migrator, target, migrations, { indexer });
  expect(result.applied).toEqual(['polls/0002_b']);
  expect(await first.db.selectFrom('a').select('id').orderBy('id').execute()).toEqual([
    { id: -2 },
    { id: -1 },
  ]);
  const provisioner = openOverDataApi('platform_provisioner');
  expect(await dropPoolTenant(provisioner, first.id, { pool, rowsAtOnce: 1 })).toBe(true);
});
