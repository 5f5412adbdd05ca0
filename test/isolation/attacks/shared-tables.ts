import { onSharedNames, type Attack, type AttackGroup } from './attack.ts';

/** A tenant with tables of its own has no such column. */
const states = ['42703'];

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
          sql: "with gone as (delete from poll where tenant = '{victim_role}' returning 1) select count(*) from gone",
          answer: [['0']],
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
      "update poll set tenant = '{victim_role}'",
      "update poll set tenant = '{self_owner}'",
      "insert into event (tenant, happened_on, id, note) values ('{victim_role}', '2026-05-01', 1, 'mine')",
      "merge into poll p using (select 1) x on false when not matched then insert (tenant, question) values ('{victim_role}', 'mine')",
      [
        "insert into project (code) values ('free')",
        "insert into project (code) values ('free') on conflict (tenant, code) do update set tenant = '{victim_role}'",
      ],
    ].map((sql) => ({ sql, states })),
    { sql: ['set local row_security = off', 'select count(*) from {victim}.poll'] },
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
