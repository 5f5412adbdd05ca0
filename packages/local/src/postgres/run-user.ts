import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { LocalError } from '../errors.ts';

/** The operating system's user that PostgreSQL runs as, in the shape `spawn` takes. */
export interface RunUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Undefined for an ordinary user: PostgreSQL runs as that one. For root, which PostgreSQL refuses, the owner of the cluster if there
 * is one already, else the user `postgres`, else `nobody`. Throws `LOCAL_DATABASE_FAILED` when root has none of them.
 */
export function findRunUser(clusterDir?: string): RunUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const user = findOwner(clusterDir) ?? findUser('postgres') ?? findUser('nobody');
  if (user !== undefined) return user;
  throw new LocalError(
    'LOCAL_DATABASE_FAILED',
    'PostgreSQL refuses to run as root, and this machine has neither a user "postgres" nor "nobody".',
    { next: 'run the command as an ordinary user, or create one: useradd --system postgres' },
  );
}

function findOwner(clusterDir: string | undefined): RunUser | undefined {
  if (clusterDir === undefined || !existsSync(clusterDir)) return undefined;
  const { uid, gid } = statSync(clusterDir);
  return uid === 0 ? undefined : { uid, gid };
}

function findUser(name: string): RunUser | undefined {
  const [uid, gid] = [askId('-u', name), askId('-g', name)];
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

function askId(flag: '-u' | '-g', name: string): number | undefined {
  const run = spawnSync('id', [flag, name], { encoding: 'utf8' });
  return run.status === 0 ? Number(run.stdout) >>> 0 : undefined;
}

/** Whether that user can enter the folder. */
export function canEnter(dir: string, user: RunUser): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd "$0"', dir], { ...user, cwd: '/' }).status === 0;
}

/**
 * Whether that user can enter our folder, after letting its group through where only the folder itself keeps it out. The folders
 * above stay as they are.
 */
export function admitUser(dir: string, user: RunUser): boolean {
  if (canEnter(dir, user)) return true;
  const { uid, mode } = statSync(dir);
  if (uid !== process.getuid?.() || !canEnter(dirname(dir), user)) return false;
  chownSync(dir, uid, user.gid);
  chmodSync(dir, (mode & 0o777) | 0o010);
  return canEnter(dir, user);
}
