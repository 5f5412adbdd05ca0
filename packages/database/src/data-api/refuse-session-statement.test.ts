import { DataApiLimitError } from '@tenantry/tenancy';
import { expect, test } from 'vitest';
import { refuseSessionStatement } from './refuse-session-statement.ts';

test.each([
  'set search_path = other',
  "SET SESSION statement_timeout = '1s'",
  'reset all',
  'listen news',
  'unlisten *',
  'begin',
  'start transaction',
  'commit',
  'rollback',
  'savepoint s',
  'prepare p as select 1',
  'execute p',
  'deallocate p',
  'declare c cursor for select 1',
  'fetch next from c',
  'copy poll to stdout',
  "load 'library'",
  'discard all',
  '/* first */ -- second\n set role other',
  'select pg_advisory_lock(1)',
  'select pg_catalog.pg_try_advisory_lock_shared (1)',
  'select pg_advisory_unlock_all()',
  'create temp table t (id int)',
  'create temporary view v as select 1',
  'create table pg_temp.t (id int)',
  'select 1 into temp t',
  "select set_config('search_path', 'other', false)",
])('%s is refused outside of a transaction', (sql) => {
  expect(() => refuseSessionStatement(sql, false)).toThrow(DataApiLimitError);
});

test.each(['set search_path = other', 'rollback', 'listen news', 'select pg_advisory_lock(1)'])(
  '%s is refused inside of a transaction, too',
  (sql) => {
    expect(() => refuseSessionStatement(sql, true)).toThrow(DataApiLimitError);
  },
);

test.each([
  'set local lock_timeout = 1000',
  'SET TRANSACTION isolation level serializable',
  'set constraints all deferred',
  'savepoint "s"',
  'release savepoint "s"',
  'rollback to savepoint "s"',
  'lock table poll in share mode',
])('%s passes inside of a transaction and is refused outside', (sql) => {
  expect(() => refuseSessionStatement(sql, true)).not.toThrow();
  expect(() => refuseSessionStatement(sql, false)).toThrow(DataApiLimitError);
});

test.each([
  'select 1',
  '(select 1) union (select 2)',
  '-- set nothing\nselect 1',
  "select 'pg_advisory_lock(1)'",
  'select "pg_advisory_lock(" from t',
  'select $$create temp table t$$',
  'select pg_advisory_xact_lock(1)',
  "select set_config('search_path', 'other', true)",
  'select temperature from t',
  'with t as (select 1) select * from t',
  'create table t (id int)',
  'create function f() returns void language sql set search_path = a, pg_temp as $$ select 1 $$',
  'notify news',
  '',
])('%s passes', (sql) => {
  expect(() => refuseSessionStatement(sql, false)).not.toThrow();
});

test('the refusal says what to write instead', () => {
  expect(() => refuseSessionStatement('set role other', false)).toThrow(
    expect.objectContaining({
      code: 'DATA_API_LIMIT',
      next: 'use set local, or set_config(name, value, true), inside of a transaction',
    }),
  );
});
