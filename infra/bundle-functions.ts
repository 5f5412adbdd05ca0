import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { build, version, type BuildOptions, type BuildResult } from 'esbuild';
import { entriesInParts, entriesWithMigrations, functionEntries } from './function-code.ts';
import type { FunctionCode, FunctionEntry } from './function-code.ts';
import { reuseBundles } from './reuse-bundles.ts';

/** What is bundled, and where the bundles go. */
export interface BundleFunctionsOptions {
  /** The folder that holds the entry files. */
  readonly sourceDir: string;
  /** Gets one folder per entry; what was in it is removed. */
  readonly outDir: string;
  /** The compiled migrations, written as JSON beside the functions that need them. */
  readonly migrations: object;
  /**
   * The entries to bundle.
   * @default - all
   */
  readonly entries?: readonly FunctionEntry[];
  /**
   * Folder that keeps bundles, so that sources which are as they were are not bundled again.
   * @default - `node_modules/.cache/bundles` beside `sourceDir`
   */
  readonly cacheDir?: string | undefined;
}

/**
 * Bundles the functions with the AWS SDK clients they use, and gives each entry's code: `index.mjs`, with files beside it for what some
 * load on demand. Rejects with esbuild's error for source that does not build.
 */
export async function bundleFunctions(options: BundleFunctionsOptions): Promise<FunctionCode> {
  const entries = options.entries ?? functionEntries;
  rmSync(options.outDir, { recursive: true, force: true });
  const {
    sourceDir,
    outDir,
    cacheDir = join(sourceDir, '../node_modules/.cache/bundles'),
  } = options;
  const { absWorkingDir: _, ...settings } = buildOptionsOf(options);
  const key = JSON.stringify([version, settings, entries, entriesInParts]);
  await reuseBundles({ cacheDir, key, sourceDir, outDir }, () => buildAll(entries, options));
  const migrations = JSON.stringify(options.migrations);
  for (const entry of entries.filter((candidate) => entriesWithMigrations.includes(candidate))) {
    writeFileSync(join(options.outDir, folderOf(entry), 'migrations.json'), migrations);
  }
  return (entry) => Code.fromAsset(join(options.outDir, folderOf(entry)));
}

/** Answers the names of all files that went into the bundles. */
async function buildAll(
  entries: readonly FunctionEntry[],
  options: BundleFunctionsOptions,
): Promise<string[]> {
  const inParts = entries.filter((entry) => entriesInParts.includes(entry));
  const whole = entries.filter((entry) => !entriesInParts.includes(entry));
  const built = await Promise.all([
    buildWhole(whole, options),
    ...inParts.map(async (entry) => await buildInParts(entry, options)),
  ]);
  return [...new Set(built.flatMap(({ metafile }) => Object.keys(metafile?.inputs ?? {})))];
}

// One call for all entries: CDK's NodejsFunction starts an esbuild process for each function, which costs seconds at every synth.
async function buildWhole(
  entries: readonly FunctionEntry[],
  options: BundleFunctionsOptions,
): Promise<BuildResult> {
  return await build({
    ...buildOptionsOf(options),
    entryPoints: Object.fromEntries(
      entries.map((entry) => [`${folderOf(entry)}/index`, join(options.sourceDir, `${entry}.ts`)]),
    ),
    outdir: options.outDir,
  });
}

// With others in the same call, esbuild would make one large part of all that any two of them have in common.
async function buildInParts(
  entry: FunctionEntry,
  options: BundleFunctionsOptions,
): Promise<BuildResult> {
  return await build({
    ...buildOptionsOf(options),
    entryPoints: { index: join(options.sourceDir, `${entry}.ts`) },
    outdir: join(options.outDir, folderOf(entry)),
    splitting: true,
  });
}

function buildOptionsOf({ sourceDir }: BundleFunctionsOptions): BuildOptions {
  return {
    outExtension: { '.js': '.mjs' },
    absWorkingDir: sourceDir,
    bundle: true,
    minify: true,
    // Step Functions' Retry and Catch match on error names.
    keepNames: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    external: ['pg-native'],
    // CommonJS packages inside an ES module call `require` for Node's own modules.
    banner: {
      js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
    },
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
  };
}

function folderOf(entry: FunctionEntry): string {
  return entry.replace(/\/index$/, '').replace('/', '-');
}
