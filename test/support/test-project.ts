import { chmod, cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copyDataFolder } from '@tenantry/local';
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
   * Synthesizes the project with the migrations it has now and answers the assembly's folder, which is the same for the same migrations, and
   * that of all tests while none was changed. With further context it is made anew from all files as they are.
   */
  synthesize(more?: Readonly<Record<string, unknown>>): Promise<string>;
  remove(): Promise<void>;
}

/**
 * A copy of the project whose data folder is that of a system which has deployed the repository's assembly and holds no tenant: what
 * starts on it deploys what differs, and no more.
 */
export async function openDeployedProject(): Promise<TestProject> {
  const project = await openTestProject();
  await copyDataFolder(inject('deployedDir'), project.dataDir);
  return project;
}

/** Copies what a synthesis reads into a folder of its own, where no system was ever started. */
export async function openTestProject(): Promise<TestProject> {
  const root = await mkdtemp(join(tmpdir(), 'tenantry-project-'));
  // PostgreSQL runs as another user where the tests run as root, and must get to its files.
  await chmod(root, 0o755);
  for (const path of copied)
    await cp(join(repository, path), join(root, path), { recursive: true });
  await linkDependencies(root);
  const pathOf = (name: string) => join(root, 'packages/polls/migrations/tenant', name);
  const changes = new Map<string, string | null>();
  const assemblies = new Map<string, string>();
  let syntheses = 0;
  const synthesizeHere = async (more?: Readonly<Record<string, unknown>>) => {
    syntheses += 1;
    const outDir = join(root, `assembly-${syntheses}`);
    await synthesizeAssembly(root, outDir, more);
    return outDir;
  };
  return {
    root,
    dataDir: join(root, 'data'),
    writeMigration: async (name, text) => {
      changes.set(name, text);
      await mkdir(dirname(pathOf(name)), { recursive: true });
      await writeFile(pathOf(name), text);
    },
    removeMigration: async (name) => {
      if (changes.get(name) === undefined) changes.set(name, null);
      else changes.delete(name);
      await rm(pathOf(name));
    },
    synthesize: async (more) => {
      if (more !== undefined) return await synthesizeHere(more);
      if (changes.size === 0) return inject('assemblyDir');
      const key = [...changes]
        .map((change) => JSON.stringify(change))
        .toSorted()
        .join('\n');
      const assembly = assemblies.get(key) ?? (await synthesizeHere());
      assemblies.set(key, assembly);
      return assembly;
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
