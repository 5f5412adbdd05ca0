import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { LocalError } from '../errors.ts';

const credentials = z.object({ user: z.string(), password: z.string() });

const clusterRecord = z.object({
  v: z.literal(1),
  /** The PostgreSQL major that wrote the cluster. */
  major: z.number(),
  /** The cluster's folder: `postgres` in the data folder, or an absolute path outside that PostgreSQL's user can enter. */
  clusterDir: z.string(),
  /** `new` until roles and database are made: what is there is then thrown away at the next start. */
  status: z.enum(['new', 'ready']),
  /** The process that started the server last. */
  ownerPid: z.number(),
  superuser: credentials,
  admin: credentials,
});

/** What `<data folder>/postgres.json` keeps about the cluster. It holds passwords: only its owner may read it. */
export type ClusterRecord = z.infer<typeof clusterRecord>;

function recordFile(dataDir: string): string {
  return join(dataDir, 'postgres.json');
}

/**
 * The record of a data folder, or undefined in a folder without a cluster. Throws `LOCAL_DATA_UNREADABLE` when the record is
 * damaged or a cluster lies there without one.
 */
export function findClusterRecord(dataDir: string): ClusterRecord | undefined {
  const file = recordFile(dataDir);
  if (!existsSync(file)) {
    assertNoStray(join(dataDir, 'postgres'), file);
    return undefined;
  }
  try {
    return clusterRecord.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw unreadable(`${file} is damaged`, { dataDir, cause });
  }
}

function assertNoStray(clusterDir: string, file: string): void {
  if (!existsSync(clusterDir) || readdirSync(clusterDir).length === 0) return;
  throw unreadable(`${clusterDir} holds a PostgreSQL cluster, but its record ${file} is missing`, {
    dataDir: clusterDir,
  });
}

function unreadable(reason: string, facts: { dataDir: string; cause?: unknown }): LocalError {
  return new LocalError('LOCAL_DATA_UNREADABLE', `${reason}. Nothing was changed.`, {
    next: `restore the file from a backup, or move ${facts.dataDir} away to begin with an empty system`,
    ...(facts.cause === undefined ? {} : { cause: facts.cause }),
  });
}

/** Replaces the record in one step, so that a crash leaves the old or the new one. */
export function writeClusterRecord(dataDir: string, record: ClusterRecord): void {
  mkdirSync(dataDir, { recursive: true });
  const partial = `${recordFile(dataDir)}.${process.pid}`;
  writeFileSync(partial, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  if (process.getuid?.() === 0) keepOwner(dataDir, partial);
  renameSync(partial, recordFile(dataDir));
}

/** A start by root must not lock an ordinary user out of the folder. */
function keepOwner(dataDir: string, file: string): void {
  const { uid, gid } = statSync(dataDir);
  chownSync(file, uid, gid);
}

/** Throws `LOCAL_DATA_UNREADABLE` when the cluster is gone from its place. */
export function assertClusterExists(dataDir: string, record: ClusterRecord): void {
  const clusterDir = resolve(dataDir, record.clusterDir);
  if (existsSync(clusterDir)) return;
  throw unreadable(`The PostgreSQL cluster of ${dataDir} is gone from ${clusterDir}`, { dataDir });
}

/** Throws `LOCAL_DATA_OTHER_MAJOR` when another PostgreSQL major wrote the cluster than the one installed. */
export function assertSameMajor(
  record: ClusterRecord,
  facts: { dataDir: string; major: number },
): void {
  if (record.major === facts.major) return;
  throw new LocalError(
    'LOCAL_DATA_OTHER_MAJOR',
    `The data in ${facts.dataDir} was written by PostgreSQL ${record.major}; this version runs PostgreSQL ${facts.major}. Nothing was changed.`,
    {
      next:
        `go back to the version that wrote it, or begin anew: move ${facts.dataDir} away ` +
        'or use --data with another folder',
    },
  );
}
