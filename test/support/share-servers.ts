import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTestPostgres } from '@tenantry/local';
import { compileMigrations } from '@tenantry/migrations';
import { openTestCluster } from '@tenantry/testing';
import type { TestProject } from 'vitest/node';
import { makeOnce } from './make-once.ts';
import { migrationRoots } from './migration-roots.ts';

/** Data folders of servers that have ended: tests that do not test how a server is made begin with a copy. */
export interface ServerTemplates {
  /** An empty server. */
  readonly empty: string;
  /** One that is prepared with the repository's own migrations, and holds no tenant. */
  readonly prepared: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    serverTemplates: ServerTemplates;
  }
}

/** Makes the servers that tests begin with, and takes them away in the end. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { folder, templates } = await makeOnce('servers', makeServers);
  project.provide('serverTemplates', templates);
  return async () => await rm(folder, { recursive: true, force: true });
}

async function makeServers() {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-servers-'));
  const server = await openTestPostgres({ folder });
  await server.close();
  const template = server.dataDir;
  const compiled = await compileMigrations({ roots: migrationRoots });
  const cluster = await openTestCluster(compiled, { folder, template });
  await cluster.close();
  return { folder, templates: { empty: template, prepared: cluster.dataDir } };
}
