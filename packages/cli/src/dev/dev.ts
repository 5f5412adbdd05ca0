import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { LocalRuntime } from '@tenantry/local';
import { CliError } from '../cli-error.ts';
import type { CliContext } from '../context.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { openSession, type GlobalOptions, type Session } from '../session.ts';
import { controlOf } from './control-of.ts';
import { getProjectRoot } from './find-project.ts';
import { addFurtherClusters, declareClusters, listFurtherClusters } from './further-clusters.ts';
import { killPostgresOnExit } from './kill-postgres-on-exit.ts';
import { describeReady, formatReady, type Ready } from './ready.ts';
import { createSampleTenants, hasSamples } from './sample-tenants.ts';
import { showProgress, type OnProgress } from './show-progress.ts';
import { synthesize } from './synthesize.ts';

/** What the flags of `tenantry dev` say. */
export interface DevOptions extends GlobalOptions {
  readonly port: number;
  readonly sample: boolean;
  /** Names of clusters besides the system's own. */
  readonly cluster: readonly string[];
}

interface Places {
  readonly projectRoot: string;
  readonly dataDir: string;
  readonly port: number;
  readonly clusters: readonly string[];
}

/** Runs the whole system on this machine until it is interrupted: `tenantry dev`, `npm start`. */
export async function dev(options: DevOptions, context: CliContext): Promise<ExitCode> {
  const session = openSession(context, options);
  const startedAt = performance.now();
  const onProgress = showProgress(session);
  const projectRoot = getProjectRoot(context.cwd);
  const dataDir = resolveDataDir(projectRoot, options, context);
  const clusters = listFurtherClusters(dataDir, options.cluster);
  const places = { projectRoot, dataDir, port: options.port, clusters };
  const runtime = await start(places, session, onProgress);
  const servers = [runtime, ...runtime.clusters].map(({ postgres }) => postgres);
  const forgetServers = servers.map((postgres) => killPostgresOnExit(postgres));
  try {
    await addFurtherClusters(runtime);
    if (options.sample && !hasSamples(dataDir)) {
      const node = { cwd: projectRoot, env: context.env, signal: context.interrupted };
      await createSampleTenants(dataDir, node, (slug) => onProgress(`tenant ${slug} created`));
    }
    const seconds = (performance.now() - startedAt) / 1000;
    printReady(await describe(runtime, dataDir, seconds), session);
    await untilAborted(context.interrupted);
    return exitCodes.ok;
  } finally {
    await runtime.close();
    for (const forget of forgetServers) forget();
  }
}

/** `--data` counts from the working directory; the default lies in the project, from wherever it was called. */
function resolveDataDir(
  projectRoot: string,
  options: DevOptions,
  { cwd, env }: CliContext,
): string {
  const named = options.data ?? env['TENANTRY_DATA'];
  return named ? resolve(cwd, named) : join(projectRoot, '.tenantry');
}

async function start(
  { projectRoot, dataDir, port, clusters }: Places,
  { context }: Session,
  onProgress: OnProgress,
): Promise<LocalRuntime> {
  const { env, interrupted: signal } = context;
  const { assertNotRunning, startLocal } = await import('@tenantry/local');
  mkdirSync(dataDir, { recursive: true });
  assertNotRunning(dataDir);
  const { assemblyDir, isFresh } = await synthesize({
    projectRoot,
    dataDir,
    env,
    signal,
    clusters: declareClusters(clusters),
  });
  onProgress(isFresh ? 'application synthesized' : 'application unchanged');
  const databaseUrl = env['DATABASE_URL'];
  const options = { assemblyDir, dataDir, port, databaseUrl, clusters, onProgress, signal };
  return startLocal(options).catch((error: unknown) => {
    throw signal.aborted ? interruptedStart(error) : error;
  });
}

function interruptedStart(cause: unknown): CliError {
  return new CliError('INTERRUPTED', 'Interrupted before the system was ready.', {
    exitCode: exitCodes.interrupted,
    cause,
  });
}

async function describe(runtime: LocalRuntime, dataDir: string, seconds: number): Promise<Ready> {
  const call = controlOf(runtime, runtime.description.controlFunction);
  const { tenants } = await call('list-tenants', {});
  return describeReady({ url: runtime.url, tenants, dataDir, seconds });
}

function printReady(ready: Ready, session: Session): void {
  if (session.isMachine) session.printJson({ type: 'ready', ...ready });
  else session.print(formatReady(ready));
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolveOnce) => {
    signal.addEventListener('abort', resolveOnce, { once: true });
  });
}
