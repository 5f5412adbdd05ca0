import { existsSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { findClusterRecord } from './cluster-record.ts';
import { findServer } from './find-server.ts';
import { getRunnableServer } from './reachable-place.ts';
import { findRunUser } from './run-user.ts';
import { getServerFiles } from './server-files.ts';
import { stopServer } from './stop-server.ts';

/** Removes a data folder with its cluster, also where that lies outside of it; a server that a killed process left there is ended first. */
export async function removePostgres(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const dataDir = realpathSync(folder);
  const record = findClusterRecord(dataDir);
  if (record !== undefined) {
    const clusterDir = resolve(dataDir, record.clusterDir);
    await endServer(clusterDir);
    await removeFolder(isAbsolute(record.clusterDir) ? dirname(clusterDir) : clusterDir);
  }
  await removeFolder(dataDir);
}

async function endServer(clusterDir: string): Promise<void> {
  const found = findServer(clusterDir);
  if (found === undefined) return;
  const { binDir } = getRunnableServer(getServerFiles(), findRunUser(clusterDir));
  await stopServer(found.pid, { binDir });
}

async function removeFolder(dir: string): Promise<void> {
  // Again, while an `initdb` of a killed process may still write.
  await rm(dir, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 });
}
