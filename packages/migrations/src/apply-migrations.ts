import { setTimeout as delay } from 'node:timers/promises';
import { sql, type QueryExecutorProvider } from 'kysely';
import { isCatalogRace } from '@tenantry/database';
import {
  MigrationDriftError,
  MigrationFailedError,
  type MigrationFailure,
} from '@tenantry/tenancy';
import type { CompiledMigration } from './compiled-migrations.ts';

/** The schema to migrate, who owns it, and which roles must not see its ledger. */
export interface MigrationTarget {
  readonly schema: string;
  readonly owner: string;
  readonly hideLedgerFrom: readonly string[];
}

/** What one call did: ids of the migrations it applied, in order; none when nothing was pending. */
export interface ApplyResult {
  readonly applied: readonly string[];
}

type Answer =
  | { readonly status: 'applied'; readonly applied: readonly string[] }
  | { readonly status: 'drift'; readonly migration: string }
  | ({ readonly status: 'failed'; readonly migration: string | null } & Omit<
      MigrationFailure,
      'migration'
    >);

const lockTimeout = '2s';
const lockNotAvailable = '55P03';
const attempts = 6;

/**
 * Applies what is pending of `migrations` to one schema, in one transaction and one round trip, as the schema's owner. Two callers at
 * once apply each migration once: the second waits for the first one's claim and finds it done.
 *
 * A lock that is not had within 2 s is tried again with jitter, so that readers never queue behind a waiting migration for long.
 * Throws `MigrationFailedError` (the schema is as it was) or `MigrationDriftError`.
 */
export async function applyMigrations(
  migrator: QueryExecutorProvider,
  target: MigrationTarget,
  migrations: readonly CompiledMigration[],
): Promise<ApplyResult> {
  const payload = JSON.stringify(
    migrations.map(({ id, checksum, up }) => ({
      id,
      checksum,
      statements: up.map((statement) => statement.sql),
    })),
  );
  for (let attempt = 1; ; attempt += 1) {
    const answer = await callApply(migrator, target, payload);
    if (answer.status === 'applied') return { applied: answer.applied };
    if (answer.status === 'drift') throw new MigrationDriftError(target.schema, answer.migration);
    if (attempt === attempts || !isWorthRetrying(answer)) throw toError(target.schema, answer);
    await delay((0.5 + Math.random()) * 100 * 2 ** attempt);
  }
}

async function callApply(
  migrator: QueryExecutorProvider,
  target: MigrationTarget,
  payload: string,
): Promise<Answer> {
  const result = await sql<{
    answer: Answer;
  }>`select tenantry.apply(${target.schema}, ${target.owner},
    string_to_array(${target.hideLedgerFrom.join(',')}, ','), cast(${payload} as jsonb), ${lockTimeout}) as answer`.execute(
    migrator,
  );
  const answer = result.rows[0]?.answer;
  if (answer === undefined) throw new TypeError('tenantry.apply answered nothing');
  return answer;
}

function isWorthRetrying(answer: Extract<Answer, { status: 'failed' }>): boolean {
  return (
    answer.sqlstate === lockNotAvailable ||
    isCatalogRace(Object.assign(new Error(answer.message), { code: answer.sqlstate })) ||
    // Two first calls race for the ledger itself.
    (answer.migration === null && ['42P07', '42710', '23505'].includes(answer.sqlstate))
  );
}

function toError(
  schema: string,
  answer: Extract<Answer, { status: 'failed' }>,
): MigrationFailedError {
  return new MigrationFailedError(schema, {
    migration: answer.migration ?? '(before the first migration)',
    statement: answer.statement,
    sqlstate: answer.sqlstate,
    message: answer.message,
    ...(answer.detail === '' || answer.detail === undefined ? {} : { detail: answer.detail }),
    ...(answer.hint === '' || answer.hint === undefined ? {} : { hint: answer.hint }),
  });
}
