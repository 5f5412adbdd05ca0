import { setTimeout as delay } from 'node:timers/promises';
import { sql, type QueryExecutorProvider } from 'kysely';
import { sqlStateOf } from '@tenantry/database';
import { DatabaseTimeoutError, MigrationFailedError } from '@tenantry/tenancy';
import type { CompiledMigration } from './compiled-migrations.ts';
import { concurrentSql, type ConcurrentIndex } from './concurrent-index.ts';
import {
  callEngine,
  engineSettings,
  toMigrationError,
  type EngineWork,
  type FailedStatement,
} from './engine-call.ts';
import { recordMigration } from './record-migration.ts';

/** One statement at work. */
interface IndexStep<Tables> extends FailedStatement {
  readonly work: EngineWork<Tables>;
  readonly indexer: QueryExecutorProvider;
  readonly concurrent: ConcurrentIndex;
}

/**
 * Builds or drops a migration's indexes while requests go on, then records it. May be cut anywhere and run again: a valid index is done, an
 * invalid leftover is dropped first, and one that somebody else is building is waited for. The catalog decides what is done, never the
 * reply. Empty when another worker was faster.
 */
export async function runConcurrently<Tables>(
  work: EngineWork<Tables>,
  migration: CompiledMigration,
): Promise<readonly string[]> {
  await changeIndexes(work, migration, 'up');
  return await recordMigration(work, migration);
}

/** The statements of one direction, without the ledger. Throws `MigrationFailedError`. */
export async function changeIndexes<Tables>(
  work: EngineWork<Tables>,
  migration: CompiledMigration,
  direction: 'up' | 'down',
): Promise<void> {
  const { indexer } = work.options;
  for (const [index, source] of (migration[direction] ?? []).entries()) {
    const failed = { migration: migration.id, statement: index + 1, source };
    if (indexer === undefined || source.concurrent === undefined) {
      throw new TypeError(`${migration.id} needs the login platform_indexer`);
    }
    await changeIndex({ ...failed, work, indexer, concurrent: source.concurrent });
  }
}

const attempts = 6;
const pollMs = 250;

async function changeIndex<Tables>(step: IndexStep<Tables>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    step.work.options.signal?.throwIfAborted();
    const state = await untilNobodyBuilds(step);
    if (isDone(step, state)) return;
    if (step.concurrent.action === 'create' && state === 'invalid') await dropLeftover(step);
    const refusal = await runOnce(step);
    if (refusal === undefined || isDone(step, await untilNobodyBuilds(step))) continue;
    if (attempt === attempts || !isWorthRetrying(refusal.error)) await fail(step, refusal);
    await delay((0.5 + Math.random()) * 100 * 2 ** attempt);
  }
}

type IndexState = 'absent' | 'invalid' | 'valid';

function isDone<Tables>({ concurrent }: IndexStep<Tables>, state: IndexState): boolean {
  return state === (concurrent.action === 'create' ? 'valid' : 'absent');
}

async function untilNobodyBuilds<Tables>(step: IndexStep<Tables>): Promise<IndexState> {
  for (;;) {
    const found = await findIndex(step);
    if (!found.is_building) return found.state;
    await delay(pollMs);
  }
}

async function findIndex<Tables>({ work, indexer, concurrent }: IndexStep<Tables>) {
  const { rows } = await sql<{ state: IndexState; is_building: boolean }>`
    select case when i.indexrelid is null then 'absent' when i.indisvalid then 'valid' else 'invalid' end as state,
      exists (select from pg_stat_progress_create_index p where p.relid = t.oid and p.datname = current_database()) as is_building
    from pg_namespace n
      left join pg_class c on c.relnamespace = n.oid and c.relname = ${concurrent.index}
      left join pg_index i on i.indexrelid = c.oid
      left join pg_class t on t.relnamespace = n.oid and t.relname = ${concurrent.table}
    where n.nspname = ${work.target.schema}`.execute(indexer);
  const [found] = rows;
  if (found === undefined) throw new TypeError(`there is no schema ${work.target.schema}`);
  return found;
}

async function dropLeftover<Tables>({
  work,
  concurrent,
  ...failed
}: IndexStep<Tables>): Promise<void> {
  const { schema, owner } = work.target;
  await callEngine<{ status: 'dropped' }, Tables>(
    work,
    sql`select tenantry.drop_invalid_index(${schema}, ${owner}, ${concurrent.table}, ${concurrent.index},
      cast(${JSON.stringify(engineSettings(work))} as jsonb)) as answer`,
    () => failed,
  );
}

/** Why PostgreSQL did not do it, and which session it was waiting for when last looked. */
interface Refusal {
  readonly error: unknown;
  readonly blocker: string | undefined;
}

async function runOnce<Tables>(step: IndexStep<Tables>): Promise<Refusal | undefined> {
  const text = concurrentSql(step.concurrent, step.work.target.schema);
  const watch = watchBlocker(step);
  try {
    await sql.raw(text).execute(step.indexer);
    return undefined;
  } catch (error) {
    return { error, blocker: watch.last() };
  } finally {
    await watch.close();
  }
}

/** Looks from time to time for whom the build waits: once it has given up, PostgreSQL no longer tells. */
function watchBlocker<Tables>(step: IndexStep<Tables>) {
  const closing = new AbortController();
  let last: string | undefined;
  const looking = (async () => {
    while (!closing.signal.aborted) {
      await delay(pollMs, undefined, { signal: closing.signal }).catch(() => undefined);
      if (!closing.signal.aborted) last = (await findBlocker(step)) ?? last;
    }
  })();
  return {
    last: () => last,
    close: async () => {
      closing.abort();
      await looking;
    },
  };
}

async function findBlocker<Tables>({ indexer, work, concurrent }: IndexStep<Tables>) {
  const { rows } = await sql<{ blocker: string }>`
    select 'session ' || a.pid || ' of role ' || coalesce(a.usename, '(unknown)') as blocker
    from pg_stat_progress_create_index p join pg_stat_activity a on a.pid = p.current_locker_pid
      join pg_class t on t.oid = p.relid join pg_namespace n on n.oid = t.relnamespace
    where p.datname = current_database() and n.nspname = ${work.target.schema} and t.relname = ${concurrent.table}`.execute(
    indexer,
  );
  return rows[0]?.blocker;
}

function isWorthRetrying(error: unknown): boolean {
  // The outcome is not known, another worker was faster, or two builds met.
  if (error instanceof DatabaseTimeoutError) return true;
  return ['40P01', '42P07', '42704', 'XX000'].includes(sqlStateOf(error) ?? '');
}

async function fail<Tables>(step: IndexStep<Tables>, { error, blocker }: Refusal): Promise<never> {
  const sqlstate = sqlStateOf(error);
  if (sqlstate === undefined) throw error;
  const { message, detail, hint } = error as Error & { detail?: string; hint?: string };
  const waited = blocker && `It waited for ${blocker} to end its transaction.`;
  const details = [detail, waited, await cleanUp(step)]
    .filter((part) => part !== undefined)
    .join(' ');
  const answer = {
    status: 'failed',
    sqlstate,
    message,
    detail: details,
    hint: hint ?? '',
  } as const;
  throw toMigrationError(step.work.target.schema, answer, step);
}

/** Drops what is left, because an invalid unique index goes on refusing rows; says so when that has to wait. */
async function cleanUp<Tables>(step: IndexStep<Tables>): Promise<string | undefined> {
  if (step.concurrent.action === 'drop') return undefined;
  try {
    await dropLeftover({ ...step, work: { ...step.work, attempts: 1 } });
    return undefined;
  } catch (error) {
    if (!(error instanceof MigrationFailedError)) throw error;
    return 'An invalid index is left, which the next run drops.';
  }
}
