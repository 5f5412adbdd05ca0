import { sql, type Kysely } from 'kysely';
import { MigrationDriftError } from '@tenantry/tenancy';
import type { ApplyOptions, MigrationTarget } from './apply-options.ts';
import { applyRequest, guessPending, rememberMissed } from './apply-request.ts';
import type { CompiledMigration } from './compiled-migrations.ts';
import { callEngine, engineSettings, type EngineWork } from './engine-call.ts';
import { locateIn } from './locate-statement.ts';
import type { ApplyAnswer } from './record-migration.ts';
import { runBatches } from './run-batches.ts';
import { runConcurrently } from './run-concurrently.ts';
import { runProgram } from './run-program.ts';

export type { ApplyOptions, MigrationTarget } from './apply-options.ts';

/** What one call did. */
export interface ApplyResult {
  /** Ids of the migrations it applied, in order; none when nothing was pending. */
  readonly applied: readonly string[];
  /** Last migration in the schema's ledger; null for none. */
  readonly version: string | null;
}

/**
 * Applies what is pending of `migrations` to one schema as its owner: in one transaction and one round trip, as long as none of them has
 * a form of its own. Two callers at once apply each migration once: the second waits for the first one's lock and finds it done.
 *
 * A lock that is not had within 2 s is tried again with jitter, so that readers never queue behind a waiting migration for long.
 * Throws `MigrationFailedError` (the transaction is rolled back; migrations before one of another form stay) or `MigrationDriftError`.
 */
// oxlint-disable-next-line max-params -- three, and options
export async function applyMigrations<Tables>(
  migrator: Kysely<Tables>,
  target: MigrationTarget,
  migrations: readonly CompiledMigration[],
  options: ApplyOptions = {},
): Promise<ApplyResult> {
  const work = { migrator, target, options };
  const applied: string[] = [];
  // Inside of somebody's transaction nothing can be applied outside of one.
  let isNew = migrator.isTransaction || options.isUnused === true;
  for (;;) {
    const answer: Applied = await applyTogether(work, migrations, isNew);
    report(work, migrations, answer.applied);
    applied.push(...answer.applied);
    isNew ||= answer.isNew === true;
    const next = migrations.find(({ id }) => id === answer.next);
    if (next === undefined) return { applied, version: answer.version };
    const alone = await applyAlone(work, next);
    report(work, migrations, alone);
    applied.push(...alone);
  }
}

type Applied = Extract<ApplyAnswer, { status: 'applied' }>;

async function applyTogether<Tables>(
  work: EngineWork<Tables>,
  migrations: readonly CompiledMigration[],
  isNew: boolean,
): Promise<Applied> {
  const { target, options } = work;
  let sent = guessPending(migrations, options.knownVersion);
  for (;;) {
    const settings = { ...engineSettings(work), how: 'applied', ...(isNew && { isNew }) };
    const answer = await callEngine<ApplyAnswer, Tables>(
      work,
      sql`select tenantry.apply(${target.schema}, ${target.owner}, cast(${applyRequest(migrations, sent)} as jsonb),
        cast(${JSON.stringify(settings)} as jsonb)) as answer`,
      locateIn(migrations, 'up'),
    );
    if (answer.status === 'applied') return answer;
    if (answer.status === 'drift') throw new MigrationDriftError(target.schema, answer.migration);
    rememberMissed(migrations, options.knownVersion, answer.missing);
    sent = new Set([...sent, ...answer.missing]);
  }
}

async function applyAlone<Tables>(
  work: EngineWork<Tables>,
  migration: CompiledMigration,
): Promise<readonly string[]> {
  switch (migration.form) {
    case 'concurrent':
      return await runConcurrently(work, migration);
    case 'batch':
      return await runBatches(work, migration);
    case 'program':
      return await runProgram(work, migration);
    default:
      throw new TypeError(`${migration.id} needs no transaction of its own`);
  }
}

function report<Tables>(
  { options }: EngineWork<Tables>,
  migrations: readonly CompiledMigration[],
  ids: readonly string[],
): void {
  for (const id of ids) {
    const statement = migrations.find((migration) => migration.id === id)?.up.length ?? 0;
    options.onProgress?.({ migration: id, statement });
  }
}
