import { onSharedNames, type Attack, type AttackGroup } from './attack.ts';

/** A tenant with tables of its own has no such column. */
const states = ['42703'];

/** A statement about each view and function by which rows of a pool's tables are deleted. */
const ofDeletion = (statement: string) =>
  [
    "do $do$ declare v name; begin if to_regnamespace('{victim}') is null or '{victim}' not like 'p\\_%' then raise 'no pool' using errcode = '55000'; end if;",
    "for v in select relname from pg_class where relname like 'tenantry\\_delete\\_%' and relnamespace = to_regnamespace('{victim}')",
    `loop execute format($f$${statement}$f$, '{victim}.' || v); end loop; end $do$`,
  ].join(' ');

const inNoPool = ['55000'];

/** What only tables that tenants share could give away: their column `tenant`, their policies, rows that each new tenant begins with. */
export const sharedTables: AttackGroup = {
  kind: 'shared tables',
  attacks: [
    ...(
      [
        { sql: 'select count(*) from poll where tenant <> current_user', answer: [['0']] },
        { sql: "select count(*) from poll where tenant = '{victim_role}'", answer: [['0']] },
        { sql: "select count(*) from poll where tenant = '{self_owner}'", answer: [['0']] },
        {
          sql: "with gone as (update poll set tenantry_deleted = true where tenant = '{victim_role}' returning 1) select count(*) from gone",
          answer: [['0']],
        },
        {
          sql: 'with gone as (update poll set tenantry_deleted = true where id = {victim_poll} returning 1) select count(*) from gone',
          answer: [['0']],
        },
        {
          sql: "with gone as (update poll set tenantry_deleted = true where ctid = '(0,1)' and tenant <> current_user returning 1) select count(*) from gone",
          answer: [['0']],
        },
        {
          sql: 'merge into poll p using (select 1) x on p.id = {victim_poll} when matched then update set tenantry_deleted = true',
        },
        // It is the attacker's own, and gone with the next that it deletes.
        {
          sql: "insert into poll (question, tenantry_deleted) values ('mine', true)",
          isUndone: true,
        },
        {
          sql: [
            "insert into poll (question, tenantry_deleted) values ('mine', true)",
            "with gone as (update poll set tenantry_deleted = true where question = 'mine' returning 1) select count(*) from gone",
          ],
          answer: [['1']],
        },
        {
          sql: "with made as (update poll set question = 'mine' where tenant = '{victim_role}' returning 1) select count(*) from made",
          answer: [['0']],
        },
      ] satisfies Attack[]
    ).map((attack) => onSharedNames({ ...attack, states, endsAt: { table: 'harmless' } })),
    ...[
      "insert into poll (tenant, question) values ('{victim_role}', 'mine')",
      "insert into poll (tenant, question) values ('{self_owner}', 'mine')",
      "insert into project (tenant, code) values ('{victim_role}', '{marker}-code')",
      "insert into project (tenant, code) values ('{victim_role}', '{marker}-code') on conflict do nothing",
      "insert into project (tenant, code) values ('{victim_role}', 'free') on conflict do nothing",
      "insert into poll (tenant, question, tenantry_deleted) values ('{victim_role}', 'mine', true)",
      "update poll set tenant = '{victim_role}'",
      "update poll set tenant = '{victim_role}', tenantry_deleted = true",
      "update poll set tenant = '{self_owner}'",
      "insert into event (tenant, happened_on, id, note) values ('{victim_role}', '2026-05-01', 1, 'mine')",
      "merge into poll p using (select 1) x on false when not matched then insert (tenant, question) values ('{victim_role}', 'mine')",
      [
        "insert into project (code) values ('free')",
        "insert into project (code) values ('free') on conflict (tenant, code) do update set tenant = '{victim_role}'",
      ],
    ].map((sql) => ({ sql, states })),
    { sql: ['set local row_security = off', 'select count(*) from {victim}.poll'] },
    // What deletes marked rows: the view deletes the attacker's own, the function is called by no one, and neither can be changed.
    ...[
      ofDeletion('insert into %s default values'),
      ofDeletion('insert into %s select true from generate_series(1, 3)'),
    ].map((sql) => ({
      sql,
      states: inNoPool,
      endsAt: { 'table, same pool': 'harmless' } as const,
    })),
    ...[
      ofDeletion('insert into %s default values returning *'),
      ofDeletion('lock table %s in access exclusive mode'),
      ofDeletion('select * from %s'),
      ofDeletion('update %s set is_marked = false'),
      ofDeletion('delete from %s'),
      ofDeletion('select %s()'),
      ofDeletion('drop view %s'),
      ofDeletion('drop function %s() cascade'),
      ofDeletion('alter function %s() security definer'),
      ofDeletion(
        'create or replace rule tenantry_delete as on insert to %s do instead delete from {victim}.choice',
      ),
    ].map((sql) => ({ sql, states: [...inNoPool, '0A000'] })),
    { sql: 'alter table {self}.poll disable trigger tenantry_delete' },
    { sql: 'drop index {self}.poll_pkey' },
    {
      sql: "do $$ begin execute format('set role %I', replace('{victim}', 'p_', 'pd_')); end $$",
      states: ['22023'],
    },
    {
      sql: "do $$ begin execute format('grant %I to {self_role}', replace('{victim}', 'p_', 'pd_')); end $$",
    },
    { sql: 'drop policy tenant_rows on {victim}.poll' },
    { sql: 'alter policy tenant_rows on {victim}.poll using (true)' },
    { sql: 'alter table {self}.poll alter column tenant set default {victim_role}' },
    { sql: 'alter table {self}.poll alter column question set statistics 100' },
    { sql: 'select * from {victim}.tenantry_members' },
    { sql: "insert into {self}.tenantry_members values ('{victim_role}')" },
    {
      sql: "select nextval('{self}.poll_id_seq')",
      endsAt: { schema: 'harmless', database: 'harmless', "customer's server": 'harmless' },
    },
    // Before PostgreSQL 16 whoever belongs to a group can become it; it has no rows.
    onSharedNames({
      sql: ['set role {victim}', 'select count(*) from {victim}.poll'],
      states: ['22023'],
      answer: [['0']],
    }),
  ],
};
