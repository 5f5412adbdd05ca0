import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { CreationProblem, CreationView, UnparsedRow } from '@tenantry/tenancy';
import { ask, assertAnswerable, type Question } from '../ask.ts';
import { CliError } from '../cli-error.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { formatOf, parseTenantsFile } from '../parse-tenants-file.ts';
import { readText } from '../read-text.ts';
import type { Session } from '../session.ts';
import type { Platform } from '../system/platform.ts';

/** What the flags of `tenant create --from-file` say. */
export interface CreateTenantsOptions {
  readonly skipExisting?: true | undefined;
  /** False under `--no-migrate`. */
  readonly migrate: boolean;
  /** False under `--no-provision`, which is for a single tenant. */
  readonly provision?: boolean;
  /** Flags of a single tenant, which do not go with a file. */
  readonly slug?: string | undefined;
  readonly name?: string | undefined;
  readonly domain?: string | undefined;
  readonly isolation?: string | undefined;
  readonly pool?: string | undefined;
  readonly cluster?: string | undefined;
  readonly plan?: string | undefined;
  readonly field: readonly string[];
}

interface Row extends UnparsedRow {
  readonly slug: string;
}

/** Creates all tenants of a file through one workflow, waits for the end and tells what became of them. */
export async function createTenantsFromFile(
  file: string,
  options: CreateTenantsOptions,
  session: Session,
): Promise<ExitCode> {
  const usage = `tenantry tenant create --from-file ${file} --yes`;
  assertNothingElse(options, usage);
  const question = confirmation();
  if (!session.isYes) assertAnswerable([question], session.terminal, usage);
  const rows = await readRows(file, session);
  if (!session.isYes) {
    const message = `Create ${rows.length} tenants?`;
    const answers = await ask([{ ...question, message }], session.terminal, usage);
    if (answers['isConfirmed'] !== true) {
      session.say('Nothing was created.');
      return exitCodes.ok;
    }
  }
  return session.withPlatform(async (platform) => {
    const startedAt = performance.now();
    const started = await start(rows, { file, options }, { platform, session });
    const creation = await follow(started, { platform, session, usage });
    const seconds = (performance.now() - startedAt) / 1000;
    report({ creation, skipped: started.skipped, seconds }, session, usage);
    return exitCodeOf(creation);
  });
}

function confirmation(): Question {
  const message = 'Create the tenants?';
  return { kind: 'confirm', name: 'isConfirmed', flag: '--yes', message, isRequired: true };
}

function assertNothingElse(options: CreateTenantsOptions, usage: string): void {
  const { slug, name, domain, isolation, pool, cluster, plan, field, provision = true } = options;
  const isAlone = [slug, name, domain, isolation, pool, cluster, plan, ...field].every(
    (said) => said === undefined,
  );
  if (isAlone && provision) return;
  throw new CliError('USAGE', 'With --from-file, what a tenant is stands in the file.', {
    exitCode: exitCodes.usage,
    next: [usage],
  });
}

/** The file's rows; throws `CliError` naming every line that does not fit before anything is asked or called. */
async function readRows(file: string, session: Session): Promise<Row[]> {
  const { parseCreationRows } = await import('@tenantry/tenancy');
  const text = await readSource(file, session);
  const { rows, problems } = parseTenantsFile(text, formatOf(file, text));
  // The system checks again with its own domain; here a bad file costs no call.
  const defaults = { baseDomain: 'tenantry.invalid', actor: session.context.actor };
  const parsed = parseCreationRows(rows, defaults);
  const all = [...problems, ...parsed.problems].toSorted((a, b) => a.line - b.line);
  if (all.length > 0) throw refusal(all, file);
  if (rows.length === 0) {
    throw refusal([{ line: 1, field: 'file', reason: 'holds no tenant', isTaken: false }], file);
  }
  return rows as Row[];
}

async function readSource(file: string, { context }: Session): Promise<string> {
  if (file === '-') return await readText(context.stdin);
  try {
    return await readFile(resolve(context.cwd, file), 'utf8');
  } catch (cause) {
    throw new CliError('USAGE', `The file of tenants cannot be read.`, {
      exitCode: exitCodes.usage,
      where: file,
      why: cause instanceof Error ? cause.message : String(cause),
      next: ['name a .csv, .json or .ndjson file with --from-file, or - for standard input'],
      cause,
    });
  }
}

function refusal(problems: readonly CreationProblem[], file: string): CliError {
  const isTaken = problems.every((problem) => problem.isTaken);
  const lines = new Set(problems.map(({ line }) => line)).size;
  const again = `tenantry tenant create --from-file ${file}`;
  return new CliError(
    isTaken ? 'TENANT_EXISTS' : 'TENANT_INPUT_INVALID',
    `${lines} of the lines cannot be created; nothing was.`,
    {
      exitCode: isTaken ? exitCodes.conflict : exitCodes.usage,
      where: file === '-' ? 'standard input' : basename(file),
      why: problems
        .map(({ line, field, reason }) => `line ${line}  ${field}: ${reason}`)
        .join('\n'),
      next: [isTaken ? `${again} --skip-existing --yes` : `correct the lines, then ${again}`],
    },
  );
}

interface System {
  readonly platform: Platform;
  readonly session: Session;
}

type Started = Extract<Awaited<ReturnType<typeof callCreate>>, { readonly status: 'started' }>;

async function callCreate(
  rows: readonly Row[],
  options: CreateTenantsOptions,
  { platform, session }: System,
) {
  const tenants = rows.map((row) => ({ ...row, migrate: options.migrate }));
  const skipExisting = options.skipExisting === true;
  const { actor } = session.context;
  return await platform.call('create-tenants', { tenants, skipExisting, actor });
}

async function start(
  rows: readonly Row[],
  said: { readonly file: string; readonly options: CreateTenantsOptions },
  system: System,
): Promise<Started> {
  const answer = await callCreate(rows, said.options, system);
  if (answer.status === 'refused') throw refusal(answer.problems, said.file);
  return answer;
}

/** The creation at its end; undefined when every line was skipped. */
async function follow(
  { creation, executionArn, total }: Started,
  { platform, session, usage }: System & { readonly usage: string },
): Promise<CreationView | undefined> {
  if (creation === null || executionArn === null) return undefined;
  const show = async () => (await platform.call('show-creation', { creation })).creation;
  session.say(`${platform.stage} · ${platform.region} · ${creation} · ${total} tenants`);
  const outcome = await platform.watch(executionArn, {
    signal: session.context.interrupted,
    next: usage,
    onRunning: sayCounts(show, session),
  });
  const view = await show();
  if (view.status === 'running') {
    throw new CliError('WORKFLOW_FAILED', 'The creation stopped before its end.', {
      exitCode: exitCodes.failed,
      where: `${creation}, stage ${platform.stage}: ${countsOf(view)}`,
      why: `${outcome.error ?? outcome.status}: ${outcome.cause ?? 'no cause given'}`,
      next: [usage],
    });
  }
  return view;
}

const countsPauseMs = 2000;

function sayCounts(show: () => Promise<CreationView>, session: Session): () => Promise<void> {
  let askedAt = performance.now();
  return async () => {
    if (performance.now() - askedAt < countsPauseMs) return;
    askedAt = performance.now();
    session.say(`  ${countsOf(await show())}`);
  };
}

function countsOf({ created, failed, total }: CreationView): string {
  return `${created} of ${total} created, ${failed} failed`;
}

function report(
  result: {
    readonly creation: CreationView | undefined;
    readonly skipped: Started['skipped'];
    readonly seconds: number;
  },
  session: Session,
  usage: string,
): void {
  const { creation, skipped, seconds } = result;
  if (session.isMachine) {
    session.printJson({ creation: creation ?? null, skipped });
    return;
  }
  for (const { line, slug, step, sqlstate, message } of creation?.failures ?? []) {
    const state = sqlstate === null ? '' : ` (SQLSTATE ${sqlstate})`;
    session.say(
      `${session.paint('red', '✕')} line ${line}  ${slug}: step ${step}${state}: ${message}`,
    );
  }
  const counts = creation === undefined ? 'nothing to create' : countsOf(creation);
  session.print(`${counts}, ${skipped.length} skipped, in ${seconds.toFixed(1)} s`);
  if ((creation?.failed ?? 0) > 0)
    session.say(`do  ${usage} --skip-existing        after the repair`);
}

function exitCodeOf(creation: CreationView | undefined): ExitCode {
  if (creation === undefined || creation.failed === 0) return exitCodes.ok;
  return creation.created > 0 ? exitCodes.someFailed : exitCodes.failed;
}
