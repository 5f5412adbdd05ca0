import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import { LocalError } from '../errors.ts';
import { findServer } from './find-server.ts';
import { canEnter, type RunUser } from './run-user.ts';
import { findRunnableMajor, restoreLibraryLinks, type ServerFiles } from './server-files.ts';

/** Files that a given user can run, and the major they are. */
export interface RunnableServer {
  readonly binDir: string;
  readonly major: number;
}

/**
 * A folder outside the data folder that another user can enter, made if need be: for root, whose data folder may lie under a home
 * that only root enters. It is keyed by the data folder's path and survives restarts of the machine where /var/tmp does.
 */
export function openOutsidePlace(key: string, user: RunUser): string {
  const base = existsSync('/var/tmp') ? '/var/tmp' : tmpdir();
  const hash = createHash('sha256').update(resolve(key)).digest('hex').slice(0, 16);
  const place = join(base, `tenantry-${hash}`);
  mkdirSync(place, { recursive: true });
  assertOwn(place);
  chmodSync(place, 0o755);
  writeFileSync(join(place, originFile), resolve(key));
  sweepAbandoned(base);
  if (canEnter(place, user)) return place;
  throw new LocalError(
    'LOCAL_DATABASE_FAILED',
    `PostgreSQL cannot run as root, and no folder is reachable for the user it runs as: tried ${place}.`,
    {
      next: 'run the command as an ordinary user, or use --data with a folder everybody can enter',
    },
  );
}

/** Which folder a place stands in for. */
const originFile = 'origin';

/** Removes places whose folder was a temporary one and is gone: after test runs nobody would. */
function sweepAbandoned(base: string): void {
  for (const name of readdirSync(base).filter((entry) => entry.startsWith('tenantry-'))) {
    const place = join(base, name);
    const origin = findOrigin(place);
    const isTemporary = origin?.startsWith(`${tmpdir()}${sep}`) === true;
    if (!isTemporary || existsSync(origin) || findServer(join(place, 'postgres'))) continue;
    rmSync(place, { recursive: true, force: true });
  }
}

function findOrigin(place: string): string | undefined {
  const file = join(place, originFile);
  return existsSync(file) && lstatSync(place).uid === process.getuid?.()
    ? readFileSync(file, 'utf8')
    : undefined;
}

/** In a folder where everybody may write, a stranger could have been first. */
function assertOwn(place: string): void {
  const stat = lstatSync(place);
  if (stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o022) === 0) return;
  throw new LocalError(
    'LOCAL_DATABASE_FAILED',
    `${place} exists and belongs to somebody else, so nothing is put there.`,
    { next: `look at ${place}, remove it if nobody needs it, and start again` },
  );
}

/**
 * The installed PostgreSQL as the run user can execute it: where npm put it, or a copy where that place is closed to the user or
 * cannot get its library links. Throws `LOCAL_BINARY_MISSING` when it runs from neither.
 */
export function getRunnableServer(files: ServerFiles, user: RunUser | undefined): RunnableServer {
  const isLinked = restoreLibraryLinks(files);
  const major = isLinked ? findRunnableMajor(files.dir, user) : undefined;
  if (major !== undefined) return { binDir: join(files.dir, 'bin'), major };
  const copy = copyFiles(
    files,
    user ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
  );
  const copiedMajor = findRunnableMajor(copy, user);
  if (copiedMajor !== undefined) return { binDir: join(copy, 'bin'), major: copiedMajor };
  throw new LocalError(
    'LOCAL_BINARY_MISSING',
    `The PostgreSQL binaries in ${files.dir} do not start on this machine.`,
    {
      next: `try ${join(files.dir, 'bin', 'postgres')} --version, or set DATABASE_URL to a PostgreSQL 15 to 18 of your own`,
    },
  );
}

function copyFiles(files: ServerFiles, user: RunUser): string {
  const place = openOutsidePlace(files.dir, user);
  const target = join(place, 'native');
  const copy = join(target, files.packageVersion, 'native');
  if (existsSync(copy)) return copy;
  const partial = join(target, `${files.packageVersion}.${process.pid}`);
  cpSync(files.dir, join(partial, 'native'), { recursive: true, verbatimSymlinks: true });
  restoreLibraryLinks({ ...files, dir: join(partial, 'native') });
  chmodSync(target, 0o755);
  openToReaders(partial);
  try {
    renameSync(partial, join(target, files.packageVersion));
  } catch (error) {
    // Another process copied the same files meanwhile.
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  }
  return copy;
}

// Under a strict umask npm keeps what it installs, and a copy of it, to whoever ran it.
function openToReaders(dir: string): void {
  for (const name of ['.', ...readdirSync(dir, { recursive: true, encoding: 'utf8' })]) {
    const path = join(dir, name);
    const stat = lstatSync(path);
    const bits = (stat.mode & 0o100) === 0 ? 0o044 : 0o055;
    if (!stat.isSymbolicLink()) chmodSync(path, (stat.mode & 0o777) | bits);
  }
}

/** An empty folder that belongs to the run user; what was there before is removed. */
export function makeOwnedFolder(dir: string, user: RunUser | undefined): void {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (user !== undefined) chownSync(dir, user.uid, user.gid);
}
