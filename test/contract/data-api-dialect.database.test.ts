import { createDataApiClient, DataApiDialect } from '@tenantry/database';
import { openTestDataApi } from '@tenantry/local';
import { CompiledQuery, Kysely, sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openTestPostgres } from '../support/open-test-postgres.ts';

interface Tables {
  item: { id: number; span: string | null };
}

const place = { resourceArn: 'arn:aws:rds:test', secretArn: 'arn:admin', database: 'tenantry' };
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const columnTypes = { item: { id: 'int4', span: 'interval' } };

const cleanUps: (() => Promise<void>)[] = [];
let db: Kysely<Tables>;

beforeAll(async () => {
  const { postgres, close } = await openTestPostgres();
  const { user: username, password } = postgres.admin;
  const dataApi = await openTestDataApi({ postgres, readSecret: () => ({ username, password }) });
  cleanUps.push(() => dataApi.close(), close);
  const client = createDataApiClient({ endpoint: dataApi.url, region: 'us-east-1', credentials });
  const driver = { client, ...place };
  db = new Kysely({ dialect: new DataApiDialect({ mode: 'postgres', driver, columnTypes }) });
  await sql`create table item (id int4 primary key, span interval)`.execute(db);
});

afterAll(async () => {
  for (const cleanUp of cleanUps) await cleanUp();
});

beforeEach(async () => {
  await db.deleteFrom('item').execute();
});

async function readIds(from: Kysely<Tables> = db): Promise<number[]> {
  const rows = await from.selectFrom('item').select('id').orderBy('id').execute();
  return rows.map(({ id }) => id);
}

const add = (into: Kysely<Tables>, id: number) =>
  into.insertInto('item').values({ id, span: null }).execute();

test('a transaction has the isolation level and the access mode that it was given', async () => {
  const modes = await db
    .transaction()
    .setIsolationLevel('serializable')
    .setAccessMode('read only')
    .execute(async (trx) => {
      const { rows } = await sql<{ level: string; isReadOnly: string }>`
        select current_setting('transaction_isolation') as level,
               current_setting('transaction_read_only') as "isReadOnly"`.execute(trx);
      return rows;
    });
  expect(modes).toEqual([{ level: 'serializable', isReadOnly: 'on' }]);
});

test('work after a rollback to a savepoint counts, the work before it does not', async () => {
  const trx = await db.startTransaction().execute();
  await add(trx, 1);
  const inner = await trx.savepoint('before "two"').execute();
  await add(inner, 2);
  await expect(add(inner, 2)).rejects.toMatchObject({ code: '23505' });
  const outer = await inner.rollbackToSavepoint('before "two"').execute();
  await add(outer, 3);
  await outer.releaseSavepoint('before "two"').execute();
  await trx.commit().execute();
  expect(await readIds()).toEqual([1, 3]);
});

test('the commit of a transaction in which a statement failed is an error, and nothing of it stays', async () => {
  const swallowing = db.transaction().execute(async (trx) => {
    await add(trx, 1);
    await add(trx, 1).catch(() => undefined);
  });
  await expect(swallowing).rejects.toMatchObject({ code: '25P02' });
  expect(await readIds()).toEqual([]);
});

test('after a failed commit, a pinned connection runs outside of any transaction', async () => {
  await db.connection().execute(async (pinned) => {
    const failing = pinned.transaction().execute(async (trx) => {
      await sql`select 1 / 0`.execute(trx).catch(() => undefined);
    });
    await expect(failing).rejects.toMatchObject({ code: '25P02' });
    await add(pinned, 7);
  });
  expect(await readIds()).toEqual([7]);
});

test('statements of a transaction see each other, those outside do not see them', async () => {
  await db.transaction().execute(async (trx) => {
    await add(trx, 1);
    expect(await readIds(trx)).toEqual([1]);
    expect(await readIds()).toEqual([]);
  });
  expect(await readIds()).toEqual([1]);
});

test.each([
  [`select repeat('x', 1000) as text from generate_series(1, 2000)`, /1 MiB: page with limit/],
  [`select repeat('x', 70000) as text`, /64 KB: select fewer columns/],
  [`select interval '1 day' as span`, /cast the column to text/],
  ['select 1; select 2', /each statement by itself/],
  ['listen news', /write it as select/],
])('%s is refused with what to do instead', async (text, next) => {
  await expect(db.executeQuery(CompiledQuery.raw(text))).rejects.toMatchObject({
    code: 'DATA_API_LIMIT',
    next: expect.stringMatching(next) as string,
  });
});

test('a stream is refused with what to do instead', async () => {
  const stream = db.selectFrom('item').select('id').stream();
  await expect(stream.next()).rejects.toMatchObject({ code: 'DATA_API_LIMIT' });
});

test('what is read as text is still sorted as what it is', async () => {
  const spans = ['10 days', '9 days', '2 mons'];
  await db
    .insertInto('item')
    .values(spans.map((span, id) => ({ id, span })))
    .execute();
  const rows = await db.selectFrom('item').selectAll().orderBy('span').execute();
  expect(rows).toEqual([
    { id: 1, span: '9 days' },
    { id: 0, span: '10 days' },
    { id: 2, span: '2 mons' },
  ]);
});
