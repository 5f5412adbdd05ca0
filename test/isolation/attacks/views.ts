import type { AttackGroup } from './attack.ts';

const victimTable =
  "(select c.oid from pg_class c where c.relname = 'poll' and c.relnamespace = to_regnamespace('{victim}'))";

/** PostgreSQL's own catalog and statistics. */
export const views: AttackGroup = {
  kind: 'catalog and statistics',
  attacks: [
    {
      sql: "select count(*) from pg_namespace where nspname = '{victim}'",
      ends: 'names',
      endsAt: { database: 'harmless' },
    },
    { sql: "select count(*) from pg_roles where rolname = '{victim_role}'", ends: 'names' },
    {
      sql: "select rolpassword from pg_roles where rolname = '{victim_role}'",
      ends: 'names',
      answer: [['********']],
    },
    {
      sql: "select definition from pg_views where schemaname = '{victim}'",
      ends: 'names',
      endsAt: { database: 'harmless' },
    },
    { sql: 'select count(*) from pg_db_role_setting', ends: 'names' },
    {
      sql: "select count(*) from information_schema.tables where table_schema = '{victim}' and table_schema <> '{self}'",
      ends: 'harmless',
      answer: [['0']],
    },
    {
      sql: "select count(*) from pg_stats where schemaname = '{victim}'",
      ends: 'harmless',
      answer: [['0']],
    },
    {
      sql: "select count(*) from pg_stats_ext where schemaname = '{victim}'",
      ends: 'harmless',
      answer: [['0']],
    },
    {
      sql: "select count(last_value) > 0 from pg_sequences where schemaname = '{victim}'",
      ends: 'harmless',
      endsAt: { 'table, same pool': 'sequences' },
    },
    {
      sql: `select pg_sequence_last_value(oid) from pg_class where relname = 'ticket' and relnamespace = to_regnamespace('{victim}')`,
      ends: 'harmless',
      endsAt: { 'table, same pool': 'sequences' },
    },
    {
      sql: `select count(n_live_tup) from pg_stat_all_tables where relid = ${victimTable}`,
      ends: 'sizes',
      endsAt: { database: 'harmless' },
    },
    {
      sql: `select pg_relation_size(${victimTable}) > 0`,
      ends: 'sizes',
      endsAt: { database: 'harmless' },
    },
    {
      sql: `select pg_stat_get_live_tuples(${victimTable}) is not null`,
      ends: 'sizes',
      endsAt: { database: 'harmless' },
    },
    {
      sql: `select reltuples is not null from pg_class where oid = ${victimTable}`,
      ends: 'sizes',
      endsAt: { database: 'harmless' },
    },
    { sql: "select pg_database_size('{victim_database}') > 0", ends: 'sizes' },
    {
      sql: "select count(*) from pg_stat_activity where usename = '{victim_role}' and (query <> '<insufficient privilege>' or client_addr is not null or backend_start is not null)",
      ends: 'harmless',
      answer: [['0']],
    },
    { sql: 'select count(*) >= 0 from pg_locks', ends: 'activity', answer: [['true']] },
    {
      sql: "select count(*) from pg_settings where name in ('data_directory', 'config_file', 'hba_file')",
      ends: 'harmless',
      answer: [['0']],
    },
    {
      sql: "select count(*) from generate_series(1, 200) n where pg_stat_get_backend_userid(n) <> current_user::regrole::oid and pg_stat_get_backend_activity(n) not in ('', '<insufficient privilege>')",
      ends: 'harmless',
      answer: [['0']],
    },
    {
      sql: "select count(*) from pg_proc where prosecdef and has_function_privilege(oid, 'execute')",
      ends: 'harmless',
      answer: [['0']],
    },
    {
      sql: `do $$ begin execute (select 'select * from pg_toast.' || t.relname from pg_class c join pg_class t on t.oid = c.reltoastrelid where c.oid = ${victimTable}); end $$`,
      states: ['22004'],
    },
    { sql: "select current_setting('hba_file')" },
    { sql: 'select count(*) from pg_shmem_allocations' },
    { sql: 'select count(*) from pg_backend_memory_contexts' },
    { sql: 'select count(*) from pg_stat_statements' },
    {
      sql: 'select count(*) from pg_stat_replication where usename is not null',
      ends: 'harmless',
      answer: [['0']],
    },
  ],
};
