import { setTimeout as delay } from 'node:timers/promises';
import { sql, type Kysely, type QueryExecutorProvider, type RawBuilder } from 'kysely';
import { isCatalogRace } from '@tenantry/database';
import { DatabaseTimeoutError, MigrationFailedError } from '@tenantry/tenancy';
import type { ApplyOptions, MigrationTarget } from './apply-options.ts';
import type { MigrationStatement } from './migration-statement.ts';

/** One schema at work, and as whom. */
export interface EngineWork<Tables> {
  readonly migrator: Kysely<Tables>;
  readonly target: MigrationTarget;
  readonly options: ApplyOptions;
  /** How often something is tried that met a lock or lost a race. @default 6 */
  readonly attempts?: number;
}

/** What a function of the engine answers when PostgreSQL refused a statement; its transaction is rolled back. */
export interface FailedAnswer {
  readonly status: 'failed';
  readonly migration?: string | null;
  readonly statement?: number;
  /** Role of the tenant as which the statement ran; in a pool. */
  readonly tenant?: string | null;
  readonly sqlstate: string;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
}

/** Which statement a failure is about. */
export interface FailedStatement {
  readonly migration: string;
  readonly statement: number;
  readonly source?: MigrationStatement | undefined;
}

/**
 * Calls one of the engine's functions and waits until its outcome is known. A lock that is not had in time and a lost race for catalog
 * rows are tried again with jitter. Throws `MigrationFailedError` about the statement that `locate` finds.
 */
export async function callEngine<Answer extends { readonly status: string }, Tables>(
  work: EngineWork<Tables>,
  call: RawBuilder<{ answer: Answer | FailedAnswer }>,
  locate: (answer: FailedAnswer) => FailedStatement,
): Promise<Answer> {
  const { attempts = 6 } = work;
  for (let attempt = 1; ; attempt += 1) {
    work.options.signal?.throwIfAborted();
    const answer = await send(work, call);
    if (!isFailed(answer)) return answer;
    if (attempt === attempts || !isWorthRetrying(answer)) {
      throw toMigrationError(work.target.schema, answer, locate(answer));
    }
    await delay((0.5 + Math.random()) * 100 * 2 ** attempt);
  }
}

/** What the engine's functions are told with each call. */
export function engineSettings<Tables>({
  target,
  options,
}: EngineWork<Tables>): Record<string, unknown> {
  return {
    hideFrom: target.hideLedgerFrom,
    lockTimeout: `${options.lockTimeoutMs ?? 2000}ms`,
    ...(target.tenants !== undefined && { tenants: target.tenants }),
    ...(options.runId !== undefined && { run: options.runId }),
  };
}

/** The error of one statement of a migration. */
export function toMigrationError(
  schema: string,
  answer: FailedAnswer,
  { migration, statement, source }: FailedStatement,
): MigrationFailedError {
  return new MigrationFailedError(schema, {
    migration,
    statement,
    ...(source !== undefined && { line: source.line, sql: source.sql }),
    ...(isSaid(answer.tenant) && { tenant: answer.tenant }),
    sqlstate: answer.sqlstate,
    message: answer.message,
    ...(isSaid(answer.detail) && { detail: answer.detail }),
    ...(isSaid(answer.hint) && { hint: answer.hint }),
  });
}

function isSaid(text: string | null | undefined): text is string {
  return text !== undefined && text !== null && text !== '';
}

function isFailed(answer: { readonly status: string }): answer is FailedAnswer {
  return answer.status === 'failed';
}

function isWorthRetrying(answer: FailedAnswer): boolean {
  return (
    answer.sqlstate === '55P03' ||
    isCatalogRace(Object.assign(new Error(answer.message), { code: answer.sqlstate })) ||
    // Two first calls race for the ledger itself.
    ((answer.migration ?? null) === null && ['42P07', '42710', '23505'].includes(answer.sqlstate))
  );
}

const mostSends = 3;

async function send<Answer, Tables>(
  { migrator, target, options }: EngineWork<Tables>,
  call: RawBuilder<{ answer: Answer }>,
): Promise<Answer | FailedAnswer> {
  for (let sends = 1; ; sends += 1) {
    try {
      const { rows } = await execute(migrator, options, call);
      if (rows[0] === undefined) throw new TypeError('the engine answered nothing');
      return rows[0].answer;
    } catch (error) {
      if (!(error instanceof DatabaseTimeoutError) || migrator.isTransaction) throw error;
      // The statement goes on without us; once it has ended, a second call finds what it did.
      await untilNobodyMigrates(migrator, target, options.signal);
      if (sends === mostSends) return outlivedAnswer;
    }
  }
}

/** Had it succeeded, the call after it would have answered at once. */
const outlivedAnswer: FailedAnswer = {
  status: 'failed',
  sqlstate: '57014',
  message: `the work outlived its call ${mostSends} times and was rolled back each time`,
  hint: "PostgreSQL's log has the reason; a direct connection shows it, too",
};

async function execute<Row, Tables>(
  migrator: Kysely<Tables>,
  { statementTimeoutMs }: ApplyOptions,
  call: RawBuilder<Row>,
) {
  if (migrator.isTransaction) {
    // An earlier call in this transaction has left the owner's role, which may not call the engine.
    await sql`select set_config('role', 'none', true)`.execute(migrator);
    return await call.execute(migrator);
  }
  if (statementTimeoutMs === undefined) return await call.execute(migrator);
  return await migrator.transaction().execute(async (trx) => {
    await sql`select set_config('statement_timeout', ${String(statementTimeoutMs)}, true)`.execute(
      trx,
    );
    return await call.execute(trx);
  });
}

const pollMs = 500;

async function untilNobodyMigrates(
  db: QueryExecutorProvider,
  { schema }: MigrationTarget,
  signal: AbortSignal | undefined,
): Promise<void> {
  const query = sql<{ is_busy: boolean }>`select exists (
    select from pg_locks l join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${schema} and c.relname = 'tenantry_ledger' and l.mode <> 'AccessShareLock' and l.granted
  ) as is_busy`;
  while ((await query.execute(db)).rows[0]?.is_busy === true) {
    await delay(pollMs, undefined, signal === undefined ? {} : { signal });
  }
}
