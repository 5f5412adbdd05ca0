import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { synthesizeAssembly } from './synthesize-assembly.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const copied = [
  'cdk.json',
  'package.json',
  'tenantry.config.ts',
  'infra',
  'functions',
  'packages/tenancy/migrations',
  'packages/polls',
];

/** A copy of the project whose migrations, functions and sample application a test may change. */
export interface TestProject {
  readonly root: string;
  /** Folder for the data of a local system. */
  readonly dataDir: string;
  /** Writes a tenant migration, `polls/0002_x.sql`. */
  writeMigration(name: string, text: string): Promise<void>;
  removeMigration(name: string): Promise<void>;
  /**
   * Synthesizes the project with the migrations it has now, and with further context, and answers the assembly's folder. One that is as it
   * was copied shares the assembly of all tests.
   */
  synthesize(more?: Readonly<Record<string, unknown>>): Promise<string>;
  remove(): Promise<void>;
}

/** Copies what a synthesis reads into a folder of its own. */
export async function openTestProject(): Promise<TestProject> {
  const root = await mkdtemp(join(tmpdir(), 'tenantry-project-'));
  for (const path of copied)
    await cp(join(repository, path), join(root, path), { recursive: true });
  await linkDependencies(root);
  const pathOf = (name: string) => join(root, 'packages/polls/migrations/tenant', name);
  let syntheses = 0;
  let isAsCopied = true;
  return {
    root,
    dataDir: join(root, 'data'),
    writeMigration: async (name, text) => {
      isAsCopied = false;
      await mkdir(dirname(pathOf(name)), { recursive: true });
      await writeFile(pathOf(name), text);
    },
    removeMigration: async (name) => {
      isAsCopied = false;
      await rm(pathOf(name));
    },
    synthesize: async (more) => {
      if (isAsCopied && more === undefined) return inject('assemblyDir');
      syntheses += 1;
      const outDir = join(root, `assembly-${syntheses}`);
      await synthesizeAssembly(root, outDir, more);
      return outDir;
    },
    remove: async () => await rm(root, { recursive: true, force: true }),
  };
}

/** The repository's dependencies, but the sample application is the copy's own. */
async function linkDependencies(root: string): Promise<void> {
  const [from, to] = [join(repository, 'node_modules'), join(root, 'node_modules')];
  await mkdir(join(to, '@tenantry'), { recursive: true });
  const names = (await readdir(from)).filter((name) => name !== '@tenantry');
  const own = (await readdir(join(from, '@tenantry'))).filter((name) => name !== 'polls');
  for (const name of [...names, ...own.map((scoped) => join('@tenantry', scoped))])
    await symlink(join(from, name), join(to, name));
  await symlink(join(root, 'packages/polls'), join(to, '@tenantry/polls'));
}
