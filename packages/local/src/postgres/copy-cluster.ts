import { chownSync, cpSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findClusterRecord, writeClusterRecord } from './cluster-record.ts';
import { findServer } from './find-server.ts';
import { placeCluster } from './place-cluster.ts';
import { makeOwnedFolder } from './reachable-place.ts';
import { findRunUser, type RunUser } from './run-user.ts';

/**
 * Gives the data folder `to`, which has no cluster, a copy of the one of the data folder `from`: the same databases, roles and passwords,
 * and from now on a life of its own. Throws `TypeError` when there is no finished cluster, or a server runs on it.
 */
export function copyCluster(from: string, to: string): void {
  const record = findClusterRecord(from);
  if (record?.status !== 'ready') throw new TypeError(`${from} holds no finished cluster`);
  const source = resolve(realpathSync(from), record.clusterDir);
  if (findServer(source) !== undefined) throw new TypeError(`a server runs on ${source}`);
  const runUser = findRunUser(source);
  mkdirSync(to, { recursive: true });
  const dataDir = realpathSync(to);
  const clusterDir = placeCluster(dataDir, runUser);
  const target = resolve(dataDir, clusterDir);
  makeOwnedFolder(target, runUser);
  cpSync(source, target, { recursive: true });
  if (runUser !== undefined) giveTo(target, runUser);
  writeClusterRecord(dataDir, { ...record, clusterDir });
}

function giveTo(dir: string, { uid, gid }: RunUser): void {
  for (const path of readdirSync(dir, { recursive: true, encoding: 'utf8' }))
    chownSync(join(dir, path), uid, gid);
}
