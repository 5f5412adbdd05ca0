import { sql, type Kysely } from 'kysely';
import type { ApplyOptions, MigrationTarget } from './apply-options.ts';
import type { ApplyResult } from './apply-migrations.ts';
import { applyRequest, guessPending } from './apply-request.ts';
import type { CompiledMigration } from './compiled-migrations.ts';
import { engineSettings } from './engine-call.ts';
import type { ApplyAnswer } from './record-migration.ts';

/** A schema, and the migration that it is believed to be at. */
export interface KnownTarget {
  readonly target: MigrationTarget;
  readonly knownVersion: string | null;
}

/** What became of one of many schemas, and how long its transaction took. */
export interface EachResult extends ApplyResult {
  readonly milliseconds: number;
}

type Answer = (ApplyAnswer | { readonly status: 'failed' }) & { readonly milliseconds: number };

/** A lock that one schema waits for keeps those after it waiting. */
const lockTimeoutMs = 100;

/**
 * Applies what is pending of `migrations` to many schemas of one database: one after the other, each in a transaction of its own, all in
 * one call. Answers in the order of `targets`; undefined is a schema that has to be migrated by itself, because something about it is out
 * of the ordinary: a failure, a lock, another version than believed, a migration with a form of its own.
 *
 * Throws what the call throws. Its ledger tells what was done to a schema without an answer.
 */
// oxlint-disable-next-line max-params -- three, and options
export async function applyToEach<Tables>(
  migrator: Kysely<Tables>,
  targets: readonly KnownTarget[],
  migrations: readonly CompiledMigration[],
  options: Pick<ApplyOptions, 'runId'> = {},
): Promise<(EachResult | undefined)[]> {
  const [first] = targets;
  const sent = guessPendingOfAny(targets, migrations);
  const isPlain = migrations.every(({ id, form }) => !sent.has(id) || form === 'transaction');
  if (first === undefined || !isPlain) return targets.map(() => undefined);
  const work = { migrator, target: first.target, options: { ...options, lockTimeoutMs } };
  const { hideFrom: _, ...settings } = engineSettings(work);
  const known = checksumsUpTo(commonVersion(targets), migrations);
  const call = sql<{ p_answers: readonly Answer[] }>`
    call tenantry.apply_each(cast(${JSON.stringify(targets.map(toPlace))} as jsonb),
      cast(${applyRequest(migrations, sent)} as jsonb),
      cast(${JSON.stringify({ ...settings, known, how: 'applied' })} as jsonb), null)`;
  try {
    const { rows } = await call.execute(migrator);
    return targets.map((__, index) => toResult(rows[0]?.p_answers[index]));
  } catch (error) {
    await awaitDisk(migrator);
    throw error;
  }
}

/** Waits until the disk has what the broken-off call committed, so that nobody is told of a version that a crash could take back. */
async function awaitDisk<Tables>(migrator: Kysely<Tables>): Promise<void> {
  await sql`select cast(pg_logical_emit_message(true, 'tenantry', cast('' as text)) as text)`.execute(
    migrator,
  );
}

function guessPendingOfAny(
  targets: readonly KnownTarget[],
  migrations: readonly CompiledMigration[],
): ReadonlySet<string> {
  const versions = new Set(targets.map(({ knownVersion }) => knownVersion));
  return new Set([...versions].flatMap((version) => [...guessPending(migrations, version)]));
}

/** The version that all of them are believed to have; null when they differ. */
function commonVersion(targets: readonly KnownTarget[]): string | null {
  const [version = null, ...others] = new Set(targets.map(({ knownVersion }) => knownVersion));
  return others.length === 0 ? version : null;
}

function checksumsUpTo(
  version: string | null,
  migrations: readonly CompiledMigration[],
): Readonly<Record<string, string>> | null {
  const index = migrations.findIndex(({ id }) => id === version);
  const known = migrations.slice(0, index + 1).map(({ id, checksum }) => [id, checksum]);
  return index === -1 ? null : Object.fromEntries(known);
}

function toPlace({ target: { schema, owner, hideLedgerFrom: hideFrom } }: KnownTarget) {
  return { schema, owner, hideFrom };
}

function toResult(answer: Answer | undefined): EachResult | undefined {
  if (answer?.status !== 'applied' || answer.next !== null) return undefined;
  const { applied, version, milliseconds } = answer;
  return { applied, version, milliseconds };
}
