import { openTestLogins, type Over, type TestLogins } from '@tenantry/testing';
import { Kysely, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createTestTenant,
  openTestCluster,
  type AnyDb,
  type TestCluster,
  type TestTenant,
} from '../../../test/support/open-test-cluster.ts';
import {
  applyMigrations,
  applyToEach,
  readLedger,
  tenantTarget,
  type CompiledMigration,
} from './index.ts';
import { compileTenantFiles } from './test-files.ts';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await openTestCluster();
});
afterAll(async () => await cluster?.close());

const files = {
  'polls/0001_a.sql': 'create table a (n int);',
  'polls/0002_more.sql': 'alter table a add more int;\ninsert into a values (1, 1);',
};

/** The engine has a shorter way for migrations that change no data. */
const plainFiles = {
  ...files,
  'polls/0002_more.sql': 'alter table a add more int;\ncreate index a_more_idx on a (more);',
};

const ways = [
  ['data is changed, too', files],
  ['no data is changed', plainFiles],
] as const;

async function addTenants(
  count: number,
  migrations: readonly CompiledMigration[],
): Promise<TestTenant[]> {
  const tenants: TestTenant[] = [];
  for (let made = 0; made < count; made += 1) {
    const tenant = await createTestTenant(cluster, { migrate: false });
    await applyMigrations(cluster.migrator, tenantTarget(tenant.id), migrations);
    tenants.push(tenant);
  }
  return tenants;
}

const known = (tenants: readonly TestTenant[], knownVersion: string | null) =>
  tenants.map(({ id }) => ({ target: tenantTarget(id), knownVersion }));

async function versionOf({ id }: TestTenant): Promise<string | undefined> {
  return (await readLedger(cluster.migrator, tenantTarget(id))).at(-1)?.id;
}

describe.each<Over>(['pg', 'data-api'])('over %s', (over) => {
  let logins: TestLogins;
  let migrator: AnyDb;

  beforeAll(async () => {
    logins = await openTestLogins(cluster, { over, columnTypes: {}, maxSessionsPerLogin: 1 });
    migrator = new Kysely({
      dialect: logins.dialectFor({
        username: 'platform_migrator',
        password: 'password-of-platform_migrator',
        secretArn: 'arn:migrator',
      }),
    });
  });
  afterAll(async () => {
    await migrator?.destroy();
    await logins?.close();
  });

  test('many schemas are migrated in one call, with run and ledger each', async () => {
    const migrations = await compileTenantFiles(files);
    const tenants = await addTenants(3, migrations.slice(0, 1));
    const targets = known(tenants, 'polls/0001_a');
    const done = { applied: ['polls/0002_more'], version: 'polls/0002_more' };
    const first = await applyToEach(migrator, targets, migrations, { runId: 'run-1' });
    expect(first).toEqual(tenants.map(() => ({ ...done, milliseconds: expect.any(Number) })));
    const again = await applyToEach(migrator, targets, migrations, { runId: 'run-2' });
    expect(again).toMatchObject(tenants.map(() => ({ applied: [], version: 'polls/0002_more' })));
    for (const { id, db } of tenants) {
      expect(await db.selectFrom('a').selectAll().execute()).toEqual([{ n: 1, more: 1 }]);
      const ledger = await readLedger(cluster.migrator, tenantTarget(id));
      expect(ledger.map((row) => row.runId)).toEqual([null, 'run-1']);
    }
  });

  test.each(ways)(
    'each is a transaction of its own: one that fails, is locked, or is not where it should be is left open, all others are migrated; %s',
    async (_, source) => {
      const migrations = await compileTenantFiles(source);
      const [one, failing, locked, newer, last] = (await addTenants(5, migrations.slice(0, 1))) as [
        TestTenant,
        TestTenant,
        TestTenant,
        TestTenant,
        TestTenant,
      ];
      await sql`alter table ${sql.table(`${failing.schema}.a`)} add more int`.execute(
        cluster.admin,
      );
      const drifted = { ...migrations[0], checksum: 'other' } as CompiledMigration;
      const unknown = (await addTenants(1, [drifted]))[0] as TestTenant;
      const empty = (await addTenants(1, []))[0] as TestTenant;
      const tenants = [one, failing, locked, newer, unknown, empty, last];
      const answers = await locked.db.transaction().execute(async (keeper) => {
        await keeper.selectFrom('a').selectAll().execute();
        return await applyToEach(migrator, known(tenants, 'polls/0001_a'), migrations);
      });
      expect(answers.map((answer) => answer?.version)).toEqual([
        'polls/0002_more',
        undefined,
        undefined,
        'polls/0002_more',
        undefined,
        undefined,
        'polls/0002_more',
      ]);
      expect(await Promise.all(tenants.map(versionOf))).toEqual([
        'polls/0002_more',
        'polls/0001_a',
        'polls/0001_a',
        'polls/0002_more',
        'polls/0001_a',
        undefined,
        'polls/0002_more',
      ]);
    },
  );

  test('migrations that change no data are in the ledger in order, with run and time each', async () => {
    const migrations = await compileTenantFiles({
      ...plainFiles,
      'polls/0003_twice.sql':
        "create function twice(int) returns int language sql as $$ select $1 * 2; $$;\ncomment on table a is 'a; $1' -- the last line",
      'polls/0004_most.sql': 'alter table a add most int default 3;',
    });
    const tenants = await addTenants(2, migrations.slice(0, 1));
    const targets = known(tenants, 'polls/0001_a');
    const answers = await applyToEach(migrator, targets, migrations, { runId: 'run-1' });
    const ids = ['polls/0002_more', 'polls/0003_twice', 'polls/0004_most'];
    expect(answers).toMatchObject(tenants.map(() => ({ applied: ids, version: ids[2] })));
    for (const { id, db } of tenants) {
      const ledger = await readLedger(cluster.migrator, tenantTarget(id));
      const rows = ids.map((it) => ({ id: it, runId: 'run-1', durationMs: expect.any(Number) }));
      expect(ledger).toMatchObject([{ id: 'polls/0001_a' }, ...rows]);
      expect(ledger.map((row) => row.checksum)).toEqual(migrations.map((it) => it.checksum));
      expect(ledger.slice(1).every(({ durationMs }) => (durationMs ?? -1) >= 0)).toBe(true);
      const { rows: found } =
        await sql`select twice(2) from a right join (values (1)) v on true`.execute(db);
      expect(found).toEqual([{ twice: 4 }]);
    }
    const again = await applyToEach(migrator, known(tenants, 'polls/0004_most'), migrations);
    expect(again).toMatchObject(tenants.map(() => ({ applied: [], version: 'polls/0004_most' })));
  });

  test('schemas at several versions each get what they lack', async () => {
    const migrations = await compileTenantFiles(files);
    const [behind] = await addTenants(1, []);
    const [current] = await addTenants(1, migrations.slice(0, 1));
    const targets = [
      ...known([behind as TestTenant], null),
      ...known([current as TestTenant], 'polls/0001_a'),
    ];
    const answers = await applyToEach(migrator, targets, migrations);
    expect(answers.map((answer) => answer?.applied)).toEqual([
      ['polls/0001_a', 'polls/0002_more'],
      ['polls/0002_more'],
    ]);
  });

  test('a migration with a form of its own is nothing for one call', async () => {
    const migrations = await compileTenantFiles({
      ...files,
      'polls/0003_batch.sql':
        '-- tenantry: batch\nupdate a set n = 2 where ctid in (select ctid from a where n = 1 limit 1);',
    });
    const tenants = await addTenants(2, migrations.slice(0, 1));
    const answers = await applyToEach(migrator, known(tenants, 'polls/0001_a'), migrations);
    expect(answers).toEqual([undefined, undefined]);
    expect(await versionOf(tenants[0] as TestTenant)).toBe('polls/0001_a');
  });
});

test('a call that is killed in the middle leaves each schema at the old or the new version', async () => {
  const migrations = await compileTenantFiles(files);
  const tenants = await addTenants(4, migrations.slice(0, 1));
  const [, , third] = tenants;
  await sql`create function ${sql.id(third?.schema ?? '')}.die() returns trigger language plpgsql security definer
    as 'begin perform pg_terminate_backend(pg_backend_pid()); return new; end'`.execute(
    cluster.admin,
  );
  await sql`create trigger die before insert on ${sql.table(`${third?.schema}.a`)}
    for each row execute function ${sql.id(third?.schema ?? '')}.die()`.execute(cluster.admin);
  const migrator = cluster.openAs('platform_migrator', 'password-of-platform_migrator');
  await expect(applyToEach(migrator, known(tenants, 'polls/0001_a'), migrations)).rejects.toThrow(
    /terminat/i,
  );
  expect(await Promise.all(tenants.map(versionOf))).toEqual([
    'polls/0002_more',
    'polls/0002_more',
    'polls/0001_a',
    'polls/0001_a',
  ]);
});

test('two callers with the same schemas at once apply every migration exactly once', async () => {
  const migrations = await compileTenantFiles({
    ...files,
    'polls/0003_count.sql': 'create table counter (n int);\ninsert into counter values (1);',
  });
  const tenants = await addTenants(20, migrations.slice(0, 1));
  const call = async () => {
    const migrator = cluster.openAs('platform_migrator', 'password-of-platform_migrator');
    return await applyToEach(migrator, known(tenants, 'polls/0001_a'), migrations);
  };
  const answers = (await Promise.all([call(), call()])).flat();
  const applied = answers.flatMap((answer) => answer?.applied ?? []);
  const open = answers.filter((answer) => answer === undefined).length;
  // Whoever meets a schema that the other one works on waits for it a moment, and may then leave it open.
  expect(applied.length).toBe(2 * tenants.length);
  expect(open).toBeLessThanOrEqual(tenants.length);
  for (const { db } of tenants)
    expect(await db.selectFrom('counter').selectAll().execute()).toEqual([{ n: 1 }]);
});
