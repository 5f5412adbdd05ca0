import { cpSync } from 'node:fs';
import { relative } from 'node:path';
import { copyCluster } from '../postgres/copy-cluster.ts';
import { assertNotRunning } from './lock-data-folder.ts';

/** The cluster is copied by itself, and servers besides the stack's own stay, those of stacks that CloudFormation made too. */
const apart = ['postgres', 'postgres.json', 'clusters', 'stacks'];

/**
 * Makes `to`, which does not exist, a copy of the data folder of a system that has ended: a system that starts on it has its deployment,
 * tenants, secrets and cache, and from now on a life of its own. Clusters besides the stack's own, and stacks besides it, are left out. Throws `LocalError`
 * (`LOCAL_DATA_LOCKED`) when a system runs on `from`.
 */
export function copyDataFolder(from: string, to: string): void {
  assertNotRunning(from);
  copyCluster(from, to);
  cpSync(from, to, { recursive: true, filter: (path) => !apart.includes(relative(from, path)) });
}
