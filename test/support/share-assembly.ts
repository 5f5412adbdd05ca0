import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startLocal } from '@tenantry/local';
import type { TestProject } from 'vitest/node';
import { makeOnce } from './make-once.ts';
import { synthesizeAssembly } from './synthesize-assembly.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of the repository's own assembly, made once for all tests of a run. */
    assemblyDir: string;
    /** Data folder of a system that deployed it and has ended: tests that do not test the first deploy begin with a copy. */
    deployedDir: string;
  }
}

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Makes the assembly and the deployed system that tests share, and takes them away in the end. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { folder, assemblyDir, deployedDir } = await makeOnce('a deployed system', deployOnce);
  project.provide('assemblyDir', assemblyDir);
  project.provide('deployedDir', deployedDir);
  return async () => await rm(folder, { recursive: true, force: true });
}

async function deployOnce() {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-assembly-'));
  // As in a test's project: PostgreSQL must get to its files.
  await chmod(folder, 0o755);
  const assemblyDir = join(folder, 'cdk.out');
  const deployedDir = join(folder, 'data');
  await synthesizeAssembly(repository, assemblyDir);
  const system = await startLocal({ assemblyDir, dataDir: deployedDir, port: 0, durable: false });
  await system.close();
  return { folder, assemblyDir, deployedDir };
}
