import { createHash, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { RunNotFoundError } from '../run-errors.ts';
import type { MigrateFleetRequest, RunChange, RunPace, RunStatus } from '../fleet.ts';
import type { TargetSelector } from '../targets.ts';
import type { CatalogDb } from './catalog-schema.ts';
import { jsonb } from './jsonb.ts';
import { writeAudit } from './write-audit.ts';

/** A run as the functions that execute it need it. */
export interface Run {
  readonly id: string;
  readonly hash: string;
  readonly status: RunStatus;
  readonly selector: TargetSelector;
  readonly change: RunChange;
  readonly pace: RunPace;
  /** Whether the tenants' own ledgers say whom it is for. */
  readonly isVerified: boolean;
  readonly actor: string;
  readonly retryOf: string | null;
  /** ISO 8601; null for a run that starts at once. */
  readonly startAt: string | null;
  /** Whether its set of tenants is fixed. */
  readonly isFrozen: boolean;
  readonly total: number;
}

/** A run in one of these has work before it. */
export const openStatuses: readonly RunStatus[] = ['scheduled', 'running', 'paused'];

/** Checksums of migrations by id. */
export type MigrationChecksums = Readonly<Record<string, string>>;

/**
 * The run that an execution works on: the one it had before, the one its request names, the open one that does the same work, or a new
 * one. Throws `RunNotFoundError` when the named one does not exist.
 */
export async function openRun(
  db: CatalogDb,
  request: MigrateFleetRequest,
  work: { readonly execution: string; readonly migrations: MigrationChecksums },
): Promise<Run> {
  return await db.transaction().execute(async (trx) => {
    const known = await findRunOfExecution(trx, work.execution);
    if (known !== undefined) return await getRun(trx, known);
    const id = request.runId ?? (await insertRun(trx, request, work.migrations));
    const run = await getRun(trx, id);
    await trx
      .insertInto('run_executions')
      .values({ execution: work.execution, run_id: id })
      .onConflict((oc) => oc.column('execution').doNothing())
      .execute();
    return run;
  });
}

/** The run with this id; throws `RunNotFoundError`. */
export async function getRun(db: CatalogDb, id: string): Promise<Run> {
  const row = await db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw new RunNotFoundError(id);
  return {
    id: row.id,
    hash: row.hash,
    status: row.status,
    selector: row.selector,
    change: row.change,
    pace: row.pace,
    isVerified: row.is_verified,
    actor: row.actor,
    retryOf: row.retry_of,
    startAt: row.start_at?.toISOString() ?? null,
    isFrozen: row.frozen_at !== null,
    total: row.total,
  };
}

/** The checksums of the migrations that a run worked with; throws `RunNotFoundError`. */
export async function getRunMigrations(db: CatalogDb, id: string): Promise<MigrationChecksums> {
  const row = await db
    .selectFrom('runs')
    .select('migrations')
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw new RunNotFoundError(id);
  return row.migrations;
}

/** The run that an execution of `migrate-fleet` works on. */
export async function findRunOfExecution(
  db: CatalogDb,
  execution: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('run_executions')
    .select('run_id')
    .where('execution', '=', execution)
    .executeTakeFirst();
  return row?.run_id;
}

/** The word of the audit trail for what a run is for. */
export function auditActionOf(run: Pick<Run, 'change' | 'retryOf'>): string {
  if (run.retryOf !== null) return 'retry-run';
  return run.change.kind === 'undo' ? 'undo-run' : 'migrate-fleet';
}

async function insertRun(
  db: CatalogDb,
  request: MigrateFleetRequest,
  migrations: MigrationChecksums,
): Promise<string> {
  const key = workKey(request);
  const { startAt } = request.pace;
  const id = `run_${randomUUID().replaceAll('-', '')}`;
  await db
    .insertInto('runs')
    .values({
      id,
      hash: request.hash,
      selection_key: key,
      reason: request.reason,
      actor: request.actor,
      status: startAt === undefined ? 'running' : 'scheduled',
      total: 0,
      max_failures: null,
      selector: jsonb(request.selector),
      change: jsonb(request.change),
      pace: jsonb(request.pace),
      is_verified: request.verify === true,
      migrations: jsonb(migrations),
      static_results: jsonb([]),
      left_out: jsonb([]),
      retry_of: request.retryOf ?? null,
      start_at: startAt === undefined ? null : new Date(startAt),
    })
    .onConflict((oc) =>
      oc
        .columns(['hash', 'selection_key'])
        .where(
          'status',
          'in',
          openStatuses.map((status) => sql.lit(status)),
        )
        .doNothing(),
    )
    .execute();
  const row = await db
    .selectFrom('runs')
    .select('id')
    .where('hash', '=', request.hash)
    .where('selection_key', '=', key)
    .where('status', 'in', openStatuses)
    .forUpdate()
    .executeTakeFirstOrThrow();
  if (row.id === id) await auditStart(db, id, request);
  return row.id;
}

async function auditStart(db: CatalogDb, runId: string, request: MigrateFleetRequest) {
  const { actor, selector, change, retryOf = null } = request;
  await writeAudit(db, {
    actor,
    action: auditActionOf({ change, retryOf }),
    runId,
    outcome: 'started',
    details: { selector, change, ...(retryOf === null ? {} : { retryOf }) },
  });
}

/** Names the work of a run, so that the same one started twice is recognised. How fast it goes makes no other work of it. */
function workKey(request: MigrateFleetRequest): string {
  const { selector: given, change, pace, retryOf, verify } = request;
  const { scopes, tenants, exclude, ...rest } = given;
  const selector = {
    ...rest,
    scopes: sorted(scopes),
    tenants: sorted(tenants),
    exclude: sorted(exclude),
  };
  const work = { selector, change, retryOf, verify, startAt: pace.startAt };
  return createHash('sha256').update(toCanonicalJson(work)).digest('hex').slice(0, 32);
}

function sorted(names?: readonly string[]): string[] | undefined {
  return names?.toSorted((a, b) => (a < b ? -1 : 1));
}

function toCanonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
