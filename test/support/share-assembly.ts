import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { synthesizeAssembly } from './synthesize-assembly.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of the repository's own assembly, made once for all tests of a run. */
    assemblyDir: string;
  }
}

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Makes the assembly that systems share in tests, and takes it away in the end. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-assembly-'));
  const assemblyDir = join(folder, 'cdk.out');
  await synthesizeAssembly(repository, assemblyDir);
  project.provide('assemblyDir', assemblyDir);
  return async () => await rm(folder, { recursive: true, force: true });
}
