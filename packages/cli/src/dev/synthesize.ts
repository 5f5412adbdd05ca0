import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { hashSources } from './hash-sources.ts';
import { isCompleteAssembly } from './is-complete-assembly.ts';
import { runNode } from './run-node.ts';

/** Where to synthesize, from what. */
export interface SynthesizeOptions {
  readonly projectRoot: string;
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the context says of clusters besides the stack's own. @default - there are none */
  readonly clusters?: readonly object[];
  /** Ends the synthesis. */
  readonly signal: AbortSignal;
}

/** A cloud assembly and whether it had to be made. */
export interface Synthesis {
  readonly assemblyDir: string;
  readonly isFresh: boolean;
}

const shownLines = 12;

const localContext = {
  stage: 'local',
  domain: 'localhost',
  certificateArn: 'arn:aws:acm:us-east-1:000000000000:certificate/local',
};

/**
 * The cloud assembly of the project for the local stage, in `<dataDir>/cdk.out`. It is made in a process of its own, so that nothing
 * of CDK stays in memory, and only when a source has changed. Throws `CliError` SYNTH_FAILED with the app's own words.
 */
export async function synthesize(options: SynthesizeOptions): Promise<Synthesis> {
  const assemblyDir = join(options.dataDir, 'cdk.out');
  const hashFile = join(options.dataDir, 'cdk.out.hash');
  const hash = hashSources(options.projectRoot, [contextOf(options), process.version]);
  const isKnown = existsSync(hashFile) && readFileSync(hashFile, 'utf8') === hash;
  if (isKnown && isCompleteAssembly(assemblyDir)) return { assemblyDir, isFresh: false };

  const freshDir = `${assemblyDir}.new`;
  for (const path of [hashFile, freshDir]) rmSync(path, { recursive: true, force: true });
  mkdirSync(join(options.dataDir, 'logs'), { recursive: true });
  await runApp(freshDir, options);
  rmSync(assemblyDir, { recursive: true, force: true });
  renameSync(freshDir, assemblyDir);
  writeFileSync(hashFile, hash);
  return { assemblyDir, isFresh: true };
}

function contextOf({ clusters = [] }: SynthesizeOptions): string {
  return JSON.stringify({ ...localContext, ...(clusters.length > 0 && { clusters }) });
}

async function runApp(outDir: string, options: SynthesizeOptions): Promise<void> {
  const { projectRoot, dataDir, env, signal } = options;
  const { status, stdout, stderr } = await runNode(['infra/app.ts'], {
    cwd: projectRoot,
    env: {
      ...env,
      CDK_OUTDIR: outDir,
      CDK_CONTEXT_JSON: contextOf(options),
      CDK_VALIDATION: 'false',
    },
    signal,
  });
  const logFile = join(dataDir, 'logs/synth.log');
  writeFileSync(logFile, stdout + stderr);
  if (signal.aborted) {
    throw new CliError('INTERRUPTED', 'Interrupted; nothing was started.', {
      exitCode: exitCodes.interrupted,
    });
  }
  if (status === 0) return;
  throw new CliError('SYNTH_FAILED', `infra/app.ts ended with ${status}.`, {
    exitCode: exitCodes.failed,
    where: logFile,
    why: (stdout + stderr).trim().split('\n').slice(-shownLines).join('\n'),
    next: ['correct the app, then run tenantry dev again', 'npx cdk synth'],
  });
}
