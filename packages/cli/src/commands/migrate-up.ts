import type { RunView } from '@tenantry/tenancy';
import { CliError } from '../cli-error.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import type { Platform } from '../system/platform.ts';
import { withSuggestion } from './get-tenant.ts';

/** What the flags of `migrate up` say. */
export interface MigrateUpOptions {
  readonly all?: true | undefined;
}

/** Applies pending migrations to the named tenants, or to all of them: `tenantry migrate up`. */
export async function migrateUp(
  references: readonly string[],
  options: MigrateUpOptions,
  session: Session,
): Promise<ExitCode> {
  checkSelection(references, options);
  return session.withPlatform(async (platform) => {
    const execution = await startRun(references, platform, session);
    const run = await watchRun(execution, platform, session);
    if (session.format === 'json') session.printJson({ run: run ?? null });
    else session.print(run === undefined ? 'Nothing is pending.' : summarize(run));
    return run === undefined ? exitCodes.ok : reportFailures(run, session);
  });
}

function checkSelection(references: readonly string[], { all }: MigrateUpOptions): void {
  if (all === true && references.length > 0) {
    throw new CliError('USAGE', 'Name tenants or say --all, not both.', {
      exitCode: exitCodes.usage,
      next: ['tenantry migrate up --all', `tenantry migrate up ${references.join(' ')}`],
    });
  }
  if (all !== true && references.length === 0) {
    throw new CliError(
      'NO_TENANTS_SELECTED',
      'No tenants selected. A fleet command never means "all" by itself.',
      {
        exitCode: exitCodes.usage,
        missing: ['SLUG (argument)', '--all'],
        next: ['tenantry migrate up --all', 'tenantry migrate up acme globex'],
      },
    );
  }
}

interface StartedRun {
  readonly executionArn: string;
  readonly execution: string;
}

async function startRun(
  references: readonly string[],
  platform: Platform,
  session: Session,
): Promise<StartedRun> {
  const { actor } = session.context;
  const selection = references.length === 0 ? { all: true } : { references };
  return withSuggestion({ references, retry: retryUp }, platform, () =>
    platform.call('migrate-up', { ...selection, actor }),
  );
}

function retryUp(slug: string): string {
  return `tenantry migrate up ${slug}`;
}

/** The run at its end; undefined when nothing was pending, so that there was none. */
async function watchRun(
  { executionArn, execution }: StartedRun,
  platform: Platform,
  session: Session,
): Promise<RunView | undefined> {
  const findRun = async (): Promise<RunView | undefined> => {
    const { run } = await platform.call('show-run', { execution });
    return run ?? undefined;
  };
  session.say(`${platform.stage} · ${platform.region} · ${execution} · Ctrl-C leaves it running`);
  const outcome = await platform.watch(executionArn, {
    signal: session.context.interrupted,
    next: 'tenantry migrate status',
    ...(session.format === 'json' ? {} : { onRunning: showCounts(findRun, session) }),
  });
  const run = await findRun();
  if (outcome.status !== 'SUCCEEDED' && (run === undefined || run.status !== 'failed')) {
    throw new CliError('RUN_FAILED', 'The run stopped before its end.', {
      exitCode: exitCodes.failed,
      where: `execution ${execution}, stage ${platform.stage}`,
      why: `${outcome.error ?? outcome.status}: ${outcome.cause ?? 'no cause given'}`,
      next: ['tenantry migrate status', 'tenantry migrate up --all'],
    });
  }
  return run;
}

const countsPauseMs = 2000;

/** Says every two seconds how far the run is, when that has changed. */
function showCounts(
  findRun: () => Promise<RunView | undefined>,
  session: Session,
): () => Promise<void> {
  let askedAt = performance.now();
  let said = '';
  return async () => {
    if (performance.now() - askedAt < countsPauseMs) return;
    askedAt = performance.now();
    const run = await findRun();
    const line = run === undefined ? '' : countsOf(run);
    if (line !== said) session.say(line);
    said = line;
  };
}

function countsOf({ migrated, failed, total }: RunView): string {
  return `  ${migrated + failed} of ${total} done, ${failed} failed`;
}

function summarize(run: RunView): string {
  return `${run.id}  ${run.status}: ${run.migrated} migrated, ${run.failed} failed of ${run.total}`;
}

function reportFailures(run: RunView, session: Session): ExitCode {
  if (run.failed === 0) return run.status === 'failed' ? exitCodes.failed : exitCodes.ok;
  for (const failure of run.failures) session.say(`\n${formatFailure(failure, session)}`);
  const names = run.failures.slice(0, 5).map(({ slug }) => slug);
  const more = run.failed > names.length ? `, and ${run.failed - names.length} more` : '';
  session.say(`\n${run.failed} of ${run.total} tenants failed: ${names.join(', ')}${more}`);
  return run.failed < run.total ? exitCodes.someFailed : exitCodes.failed;
}

function formatFailure(failure: RunView['failures'][number], session: Session): string {
  const { slug, migration, statement, sqlstate, message } = failure;
  const place = migration === null ? '' : `  ${migration}, statement ${statement ?? '?'}`;
  return [
    `${session.paint('red', '✕')} ${slug}${place}`,
    `    ${sqlstate === null ? '' : `SQLSTATE ${sqlstate}  `}${message}`,
    `    do  tenantry migrate up ${slug}        after the repair`,
  ].join('\n');
}
