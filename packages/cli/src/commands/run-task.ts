import type { Script } from '@tenantry/database';
import type { TargetSelector } from '@tenantry/tenancy';
import { ask, assertAnswerable, type Question } from '../ask.ts';
import { CliError } from '../cli-error.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { countOf } from '../output/count-of.ts';
import { parseNumber } from '../pace-flags.ts';
import { isOneTenant, type VerifyFlag } from '../selector-flags.ts';
import type { Session } from '../session.ts';
import type { Platform } from '../system/platform.ts';
import { forEachTenant } from '../tasks/for-each-tenant.ts';
import { loadDefaultExport } from '../tasks/load-default-export.ts';
import { programWork, scriptWork, type TaskWork } from '../tasks/task-work.ts';
import { findTargets } from './find-targets.ts';
import { openTaskReport } from './task-report.ts';

/** What runs in each tenant. */
export type Task =
  | { readonly kind: 'script'; readonly file: string; readonly label: string }
  | { readonly kind: 'program'; readonly words: readonly string[]; readonly label: string };

/** Whom a task is for, and what the flags of `run` say. */
export interface RunTaskOptions extends VerifyFlag {
  readonly selector: TargetSelector;
  readonly concurrency?: string | undefined;
  /** Tell the script to change nothing. */
  readonly rehearse?: true | undefined;
}

const defaultConcurrency = 4;
const example = 'export default script(async ({ db, log }) => { ... })';

/** The task and the tenants that the words of `run` name; `passedOn` are those behind `--`. Throws `CliError` USAGE. */
export function parseTask(
  words: readonly string[],
  passedOn: readonly string[] | undefined,
): { readonly task: Task; readonly references: readonly string[] } {
  if (passedOn !== undefined && passedOn.length > 0) {
    const label = `-- ${passedOn.join(' ')}`;
    return { task: { kind: 'program', words: passedOn, label }, references: words };
  }
  const [file, ...references] = words;
  if (file !== undefined) return { task: { kind: 'script', file, label: file }, references };
  throw new CliError('USAGE', 'Say what to run: a script file, or a program behind --.', {
    exitCode: exitCodes.usage,
    missing: ['FILE', '-- PROGRAM'],
    next: ['tenantry run ./script.ts --all', 'tenantry run acme -- psql'],
  });
}

/** Runs a script or a program once in each selected tenant: `tenantry run`. */
export async function runTask(
  task: Task,
  options: RunTaskOptions,
  session: Session,
): Promise<ExitCode> {
  const { selector } = options;
  const concurrency =
    options.concurrency === undefined
      ? defaultConcurrency
      : parseNumber('--concurrency', options.concurrency, 1);
  assertTenantsOnly(selector);
  const question: Question[] = session.isYes || isOneTenant(selector) ? [] : [confirmation];
  const usage = `tenantry run ${task.label} --all --yes`;
  assertAnswerable(question, session.terminal, usage);
  const script = task.kind === 'script' ? await loadScript(task.file, session) : undefined;
  return session.withPlatform(async (platform) => {
    const slugs = await listSlugs(options, { platform, session });
    session.say(
      `${platform.stage} · ${platform.region} · ${task.label} in ${countOf(slugs.length, 'tenant')}`,
    );
    const answers = await ask(question, session.terminal, usage);
    if (answers['isConfirmed'] === false) return exitCodes.ok;
    const report = openTaskReport(slugs, session);
    const isOnly = slugs.length === 1;
    const at = { platform, session, onLine: report.line, isOnly };
    const work: TaskWork =
      script === undefined || task.kind === 'program'
        ? await programWork(task.kind === 'program' ? task.words : [], at)
        : await scriptWork(script, { ...at, dryRun: options.rehearse === true });
    try {
      const signal = session.context.interrupted;
      const pace = { concurrency, signal, onResult: report.result };
      return report.close(await forEachTenant(slugs, work.run, pace));
    } finally {
      await work.close();
    }
  });
}

const confirmation: Question = {
  kind: 'confirm',
  name: 'isConfirmed',
  flag: '--yes',
  message: 'Run it?',
  isRequired: true,
};

function assertTenantsOnly({ scopes }: TargetSelector): void {
  if (scopes === undefined || scopes.every((scope) => scope === 'tenant')) return;
  throw new CliError('USAGE', 'Only tenants have a context to run in; leave --scope out.', {
    exitCode: exitCodes.usage,
    next: ['tenantry run --help'],
  });
}

async function loadScript(file: string, { context }: Session): Promise<Script<never, never>> {
  return await loadDefaultExport<Script<never, never>>({ file, cwd: context.cwd, example });
}

async function listSlugs(
  { selector, verify }: RunTaskOptions,
  at: { readonly platform: Platform; readonly session: Session },
): Promise<string[]> {
  const query = { selector, verify, command: 'tenantry targets' };
  const { targets } = await findTargets(query, at);
  return targets.map(({ name }) => name);
}
