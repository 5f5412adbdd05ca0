import { onSharedNames, type Attack, type AttackGroup } from './attack.ts';

/** The modes of LOCK that hold up others who read or write, or a migration; ROW EXCLUSIVE is what every INSERT takes. */
export const lockModes = [
  'access exclusive',
  'exclusive',
  'share row exclusive',
  'share',
  'share update exclusive',
] as const;

const nothing = [] as const;

/** Taken back at the end. */
const undone = { isUndone: true } as const;

/** Where tenants share tables a row is deleted by marking it. */
const onlyMarked = { table: 'refused', 'table, same pool': 'refused' } as const;

/** By the Data API, whatever the table. */
const notCarried = ['BadRequestException'];

const readingRows: readonly Attack[] = [
  { sql: 'select * from {victim}.poll' },
  { sql: 'table {victim}.account' },
  { sql: 'select * from only {victim}.poll' },
  { sql: 'select count(*) from {victim}.poll', answer: [['5']] },
  {
    sql: "select exists (select from {victim}.poll where question like '{marker}%')",
    answer: [['false']],
  },
  { sql: 'select max(id) from {victim}.poll' },
  { sql: 'select question from {victim}.poll tablesample system (100)' },
  { sql: "select question from {victim}.poll where ctid = '(0,1)'" },
  { sql: 'select question from {victim}.poll where id = {victim_poll}' },
  { sql: 'select question from {victim}.poll for update' },
  { sql: 'select question from {victim}.poll for key share' },
  { sql: "select * from (select '{victim}.poll'::regclass) x" },
  { sql: "select has_table_privilege('{victim}.poll', 'select')" },
  { sql: "select pg_relation_size('{victim}.poll')", endsAt: { 'table, same pool': 'sizes' } },
  { sql: 'select p from {victim}.poll p' },
  { sql: 'with found as materialized (select * from {victim}.poll) select * from found' },
  { sql: "select query_to_xml('select * from {victim}.poll', true, true, '')" },
  { sql: "select table_to_xml('{victim}.poll', true, true, '')" },
  { sql: "select schema_to_xml('{victim}', true, true, '')", ends: 'refused' },
  { sql: "select ts_stat('select to_tsvector(question) from {victim}.poll')" },
  { sql: 'do $$ begin perform * from {victim}.poll; end $$' },
  { sql: "do $$ begin execute 'select * from {victim}.poll'; end $$" },
  { sql: ['declare peek cursor for select * from {victim}.poll', 'fetch all from peek'] },
  { sql: ['prepare peek as select * from {victim}.poll', 'execute peek'] },
  { sql: 'explain select * from {victim}.poll', endsAt: { 'table, same pool': 'sizes' } },
  {
    sql: 'explain (analyze, costs off) select * from {victim}.poll',
    endsAt: { 'table, same pool': 'sizes' },
  },
  { sql: 'copy {victim}.poll to stdout', states: notCarried },
  { sql: 'copy (select * from {victim}.poll) to stdout', states: notCarried },
  {
    sql: "select question from poll where question like '{marker}%'",
    answer: nothing,
    ends: 'harmless',
  },
  { sql: "select cast(question as integer) from {victim}.poll where question like '{marker}%'" },
  { sql: 'select count(*) from poll', ends: 'harmless', answer: [['5']] },
];

/** Reading another tenant's rows, by every way of naming a table. */
export const reads: AttackGroup = { kind: 'reading rows', attacks: readingRows.map(onSharedNames) };

const changingRows: readonly Attack[] = [
  { sql: "insert into {victim}.poll (question) values ('mine')", isUndone: true },
  { sql: "update {victim}.poll set question = 'mine' where question like '{marker}%'" },
  { sql: "update {victim}.poll set question = 'mine'", isUndone: true },
  { sql: 'truncate {victim}.poll' },
  { sql: 'truncate {victim}.poll cascade' },
  {
    sql: "insert into {victim}.project (code) values ('{marker}-code') on conflict do nothing",
    isUndone: true,
  },
  {
    sql: 'with gone as (delete from poll returning id) select count(*) from gone',
    ends: 'harmless',
    endsAt: onlyMarked,
    answer: [['5']],
    isUndone: true,
  },
  {
    sql: "with gone as (update {victim}.poll set tenantry_deleted = true where question like '{marker}%' returning id) select count(*) from gone",
    answer: [['0']],
  },
  { sql: "copy {victim}.poll (question) from program 'echo mine'" },
  { sql: 'lock table {victim}.poll in access share mode', isUndone: true },
  { sql: 'lock table {victim}.poll in row exclusive mode', isUndone: true },
  { sql: 'vacuum {victim}.poll' },
  { sql: 'analyze {victim}.poll' },
  { sql: 'cluster {victim}.poll' },
  { sql: 'reindex table {victim}.poll' },
  { sql: 'refresh materialized view {victim}.task_total' },
];

/** No tenant of a pool may DELETE, which would allow it to lock the table. */
const deletingRows: readonly Attack[] = [
  { sql: "delete from {victim}.poll where question like '{marker}%'" },
  { sql: 'delete from {victim}.poll', isUndone: true },
  { sql: 'delete from {victim}.poll where id = {victim_poll}' },
  {
    sql: 'merge into {victim}.poll p using (select 1) x on p.id = {victim_poll} when matched then delete',
  },
];

/** Changing another tenant's rows. */
export const writes: AttackGroup = {
  kind: 'changing rows',
  attacks: [...changingRows.map(onSharedNames), ...deletingRows],
};

const lockedNames = [
  '{victim}.poll',
  'only {victim}.poll',
  '{victim}.event',
  '{victim}.event_2026',
];

/** Holding others up. A lock that is taken inside of a block is taken by the Data API, too. */
export const locks: AttackGroup = {
  kind: 'locking',
  attacks: [
    ...lockModes.map((mode) => ({ sql: `lock table {victim}.poll in ${mode} mode`, ...undone })),
    ...[...lockedNames, '{victim}.open_task', '{victim}.tenantry_ledger'].map((name) => ({
      sql: `do $$ begin lock table ${name} in access exclusive mode; end $$`,
      ...undone,
    })),
    onSharedNames({
      sql: 'select count(*) from (select 1 from {victim}.poll for update) x',
      ...undone,
    }),
  ],
};

/** Keys that are the same in two tenants: neither a clash nor an answer to whether another tenant has one. */
export const keys: AttackGroup = {
  kind: 'keys',
  attacks: [
    {
      sql: "insert into project (code) values ('{marker}-code') on conflict do nothing returning 'made'",
      ends: 'harmless',
      answer: [['made']],
      isUndone: true,
    },
    {
      sql: "insert into account (username, password_verifier) values ('{marker}', 'x') returning 'made'",
      ends: 'harmless',
      answer: [['made']],
      isUndone: true,
    },
    {
      sql: "insert into poll (id, question) overriding system value values ({victim_poll}, 'mine') returning 'made'",
      ends: 'harmless',
      answer: [['made']],
      isUndone: true,
    },
    {
      sql: "insert into choice (poll_id, position, text) values ({victim_poll}, 7, 'mine')",
      states: ['23503'],
    },
    {
      sql: "insert into choice (poll_id, position, text) values (999999, 7, 'mine')",
      states: ['23503'],
    },
    {
      sql: 'update choice set poll_id = {victim_poll} where poll_id = {self_poll}',
      states: ['23503'],
    },
    {
      sql: 'with gone as (delete from poll where id = {victim_poll} returning id) select count(*) from gone',
      ends: 'harmless',
      endsAt: onlyMarked,
      answer: [['0']],
    },
  ],
};

/** Everything else that a tenant's schema holds. */
export const objects: AttackGroup = {
  kind: 'other objects',
  attacks: [
    onSharedNames({ sql: 'select * from {victim}.open_task' }),
    onSharedNames({ sql: "update {victim}.open_task set title = 'mine'", isUndone: true }),
    onSharedNames({ sql: 'select * from {victim}.task_titles()' }),
    onSharedNames({ sql: "select 'task_titles'::regproc from {victim}.task_titles()" }),
    { sql: 'select * from {victim}.task_total' },
    onSharedNames({ sql: 'select * from {victim}.event' }),
    { sql: 'select * from {victim}.event_2026' },
    { sql: "insert into {victim}.event_2026 values ('2026-02-02', 2, 'mine')", isUndone: true },
    { sql: "select nextval('{victim}.ticket')", endsAt: { 'table, same pool': 'sequences' } },
    { sql: "select setval('{victim}.ticket', 1)" },
    { sql: 'select last_value from {victim}.ticket' },
    { sql: "select currval('{victim}.ticket')", states: ['55000'] },
    { sql: "select nextval('{victim}.poll_id_seq')" },
    { sql: "select setval('{victim}.task_id_seq', 1)" },
    { sql: 'select last_value from {victim}.poll_id_seq' },
    { sql: 'alter sequence {victim}.ticket restart' },
    onSharedNames({ sql: "select 'open'::{victim}.task_state" }),
    onSharedNames({ sql: 'select 5::{victim}.progress' }),
    { sql: 'select * from {victim}.tenantry_ledger' },
    { sql: 'delete from {victim}.tenantry_ledger' },
    { sql: 'create table {victim}.mine ()' },
    { sql: 'create view {self}.mine as select * from {victim}.poll' },
    { sql: 'alter table {victim}.poll add column x text' },
    { sql: 'alter table {victim}.poll disable row level security' },
    { sql: 'alter table {victim}.poll no force row level security' },
    { sql: 'create policy mine on {victim}.poll using (true)' },
    { sql: 'drop table {victim}.poll' },
    { sql: 'drop view {victim}.open_task' },
    { sql: 'drop function {victim}.task_titles()' },
    { sql: 'drop schema {victim} cascade' },
    { sql: 'alter schema {victim} rename to mine' },
    onSharedNames({ sql: 'grant usage on schema {victim} to {self_role}' }),
    onSharedNames({ sql: 'grant select on {victim}.poll to {self_role}' }),
    { sql: 'drop owned by {victim_role}' },
    { sql: 'reassign owned by {victim_role} to {self_role}' },
    { sql: 'drop database {victim_database}' },
    { sql: 'alter database {victim_database} rename to mine' },
    { sql: 'create database mine template {victim_database}' },
    { sql: 'select lo_get(0)' },
    { sql: 'select * from pg_largeobject' },
  ],
};
