import { onSharedNames, type AttackGroup } from './attack.ts';

/** Two statements in one: PostgreSQL's extended protocol and the Data API take one. */
const stacked = ['42601', 'ValidationException'];

/** A transaction that was ended by a statement is none to the Data API any more. */
const ended = ['TransactionNotFoundException'];

/** What a session may set, hold and send. */
export const session: AttackGroup = {
  kind: 'session',
  attacks: [
    onSharedNames({
      sql: [
        'set local search_path = {victim}, public',
        "select count(*) from poll where question like '{marker}%'",
      ],
      answer: [['0']],
    }),
    onSharedNames({
      sql: [
        "select set_config('search_path', '{victim}', true)",
        "insert into poll (question) values ('mine')",
      ],
      isUndone: true,
    }),
    {
      sql: [
        'set local row_security = off',
        "select count(*) from poll where question like '{marker}%'",
      ],
      ends: 'harmless',
      answer: [['0']],
    },
    {
      sql: [
        "select set_config('app.tenant', '{victim_role}', true)",
        "select count(*) from poll where question like '{marker}%'",
      ],
      ends: 'harmless',
      answer: [['0']],
    },
    { sql: 'set session_replication_role = replica' },
    { sql: "set log_statement = 'all'" },
    { sql: 'set log_min_messages = debug5' },
    { sql: 'set temp_file_limit = -1' },
    { sql: 'set zero_damaged_pages = on' },
    { sql: 'set allow_system_table_mods = on' },
    { sql: 'set ignore_system_indexes = on', states: ['55P02'] },
    { sql: "set dynamic_library_path = '/tmp'" },
    { sql: "set local local_preload_libraries = 'plpgsql'", ends: 'harmless' },
    { sql: "set session_preload_libraries = 'mine'" },
    { sql: 'set max_stack_depth = 100000' },
    { sql: 'set track_activities = off' },
    { sql: 'set local statement_timeout = 0', ends: 'own time' },
    { sql: 'set local idle_in_transaction_session_timeout = 0', ends: 'own time' },
    { sql: "set local work_mem = '1GB'", ends: 'harmless' },
    { sql: "set local application_name = '{victim_role}'", ends: 'harmless' },
    { sql: 'discard temp', ends: 'harmless' },
    { sql: 'select 1; select question from {victim}.poll', states: stacked },
    { sql: 'select 1; drop table {victim}.poll', states: stacked },
    {
      sql: "select 1 as one; select set_config('search_path', '{victim}', false)",
      states: stacked,
    },
    {
      sql: 'select count(*) from (select pg_try_advisory_xact_lock(n) from generate_series(1, 1000) n) x',
      ends: 'harmless',
      answer: [['1000']],
    },
    onSharedNames({
      sql: ['select 1', 'commit', 'select question from {victim}.poll'],
      states: ended,
    }),
    onSharedNames({ sql: ['savepoint a', 'rollback to a', 'select question from {victim}.poll'] }),
    {
      sql: ['declare mine cursor with hold for select 1', 'commit'],
      ends: 'harmless',
      states: ended,
    },
    { sql: 'listen mine', ends: 'channels' },
    { sql: "notify mine, 'x'", ends: 'channels' },
    { sql: 'select count(*) from pg_listening_channels()', ends: 'harmless', answer: [['0']] },
    { sql: 'select count(*) from pg_cursors', ends: 'harmless' },
    { sql: 'select count(*) from pg_prepared_xacts', ends: 'harmless', answer: [['0']] },
    { sql: 'select lo_create(0) > 0', ends: 'harmless', answer: [['true']], isUndone: true },
    { sql: "select pg_logical_emit_message(true, 'mine', 'x') is null", ends: 'harmless' },
    { sql: 'select pg_export_snapshot() is null', ends: 'harmless', isUndone: true },
  ],
};
