import type { Kysely } from 'kysely';
import { expectTypeOf, test } from 'vitest';
import type { SharedDb, TenantDb } from './index.ts';

interface Tables {
  poll: { id: bigint; question: string };
}

declare const db: TenantDb<Tables>;
declare const shared: SharedDb<Tables>;

test('a tenant has no way to another schema, to DDL, to a raw connection or past its plug-ins', () => {
  expectTypeOf(db).not.toHaveProperty('withSchema');
  expectTypeOf(db).not.toHaveProperty('withoutPlugins');
  expectTypeOf(db).not.toHaveProperty('withPlugin');
  expectTypeOf(db).not.toHaveProperty('connection');
  expectTypeOf(db).not.toHaveProperty('schema');
  expectTypeOf(db).not.toHaveProperty('introspection');
});

test('neither has it inside a transaction', () => {
  type Trx = Parameters<Parameters<ReturnType<typeof db.transaction>['execute']>[0]>[0];
  expectTypeOf<Trx>().not.toHaveProperty('withSchema');
  expectTypeOf<Trx>().not.toHaveProperty('schema');
  expectTypeOf<Trx>().not.toHaveProperty('connection');
  expectTypeOf<Trx>().not.toHaveProperty('transaction');
  expectTypeOf<Trx>().toHaveProperty('insertInto');
});

test('a whole Kysely serves as a tenant db, but not the other way round', () => {
  expectTypeOf<Kysely<Tables>>().toExtend<TenantDb<Tables>>();
  expectTypeOf<TenantDb<Tables>>().not.toExtend<Kysely<Tables>>();
});

test('tables and columns are checked', () => {
  db.selectFrom('poll').select('question');
  // @ts-expect-error there is no such table
  db.selectFrom('pol');
  // @ts-expect-error there is no such column
  db.selectFrom('poll').select('title');
});

test('shared tables can be read and not written', () => {
  expectTypeOf(shared).toHaveProperty('selectFrom');
  // @ts-expect-error shared is read-only
  void shared.insertInto('poll').values({ id: 1n, question: '' }).execute();
});
