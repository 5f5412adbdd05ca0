import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';
import { entriesWithMigrations, functionEntries } from './function-code.ts';
import type { FunctionCode, FunctionEntry } from './function-code.ts';

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
}

/** Bundles the functions with the AWS SDK clients they use, and gives each entry's code. Throws esbuild's error for source that does not build. */
export function bundleFunctions(options: BundleFunctionsOptions): FunctionCode {
  const entries = options.entries ?? functionEntries;
  rmSync(options.outDir, { recursive: true, force: true });
  buildBundles(entries, options);
  const migrations = JSON.stringify(options.migrations);
  for (const entry of entries.filter((candidate) => entriesWithMigrations.includes(candidate))) {
    writeFileSync(join(options.outDir, folderOf(entry), 'migrations.json'), migrations);
  }
  return (entry) => Code.fromAsset(join(options.outDir, folderOf(entry)));
}

// One call for all entries: CDK's NodejsFunction starts an esbuild process for each function, which costs seconds at every synth.
function buildBundles(entries: readonly FunctionEntry[], options: BundleFunctionsOptions): void {
  buildSync({
    entryPoints: Object.fromEntries(
      entries.map((entry) => [`${folderOf(entry)}/index`, join(options.sourceDir, `${entry}.ts`)]),
    ),
    outdir: options.outDir,
    outExtension: { '.js': '.mjs' },
    absWorkingDir: options.sourceDir,
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
  });
}

function folderOf(entry: FunctionEntry): string {
  return entry.replace(/\/index$/, '').replace('/', '-');
}
