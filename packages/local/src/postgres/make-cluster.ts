import { spawn } from 'node:child_process';
import { chownSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { once } from 'node:events';
import { LocalError } from '../errors.ts';
import { makeOwnedFolder } from './reachable-place.ts';
import type { RunUser } from './run-user.ts';

/** What `initdb` needs. */
export interface MakeClusterOptions {
  readonly binDir: string;
  readonly clusterDir: string;
  readonly superuser: { readonly user: string; readonly password: string };
  /** The PostgreSQL major of `binDir`. */
  readonly major: number;
  readonly runUser: RunUser | undefined;
  /** False leaves out the final write to disk. */
  readonly durable: boolean;
}

/**
 * Makes an empty cluster: UTF-8, SCRAM passwords for every connection, one superuser. What was in the folder before is removed.
 * Throws `LOCAL_DATABASE_FAILED` with what `initdb` said.
 */
export async function makeCluster(options: MakeClusterOptions): Promise<void> {
  const { clusterDir, runUser } = options;
  removeLeftovers(clusterDir);
  // An initdb of a killed start may still be writing: it must find its folder gone, never ours in its place.
  const partial = `${clusterDir}.${process.pid}`;
  // initdb takes the password from a file only, so it never stands on a command line that others can list.
  const passwordFile = `${partial}.password`;
  try {
    writeFileSync(passwordFile, options.superuser.password, { mode: 0o600 });
    if (runUser !== undefined) chownSync(passwordFile, runUser.uid, runUser.gid);
    makeOwnedFolder(partial, runUser);
    await runInitdb({ ...options, clusterDir: partial }, passwordFile);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(partial, clusterDir);
}

function removeLeftovers(clusterDir: string): void {
  const place = dirname(clusterDir);
  for (const name of readdirSync(place)) {
    if (name.replace(/\.\d+(\.password)?$/, '') !== basename(clusterDir)) continue;
    // Again and again, while that initdb still writes.
    rmSync(join(place, name), { recursive: true, force: true, maxRetries: 50, retryDelay: 20 });
  }
}

async function runInitdb(options: MakeClusterOptions, passwordFile: string): Promise<void> {
  const initdb = spawn(join(options.binDir, 'initdb'), initdbArguments(options, passwordFile), {
    ...options.runUser,
    cwd: '/',
    env: { LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [initdb.stdout, initdb.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const [code] = (await once(initdb, 'close')) as [number | null];
  if (code === 0) return;
  throw new LocalError(
    'LOCAL_DATABASE_FAILED',
    `PostgreSQL could not make its data folder ${options.clusterDir}:\n${lastLines(output)}`,
    { next: 'check the free disk space and the rights on the folder, then start again' },
  );
}

function initdbArguments(options: MakeClusterOptions, passwordFile: string): string[] {
  return [
    `--pgdata=${options.clusterDir}`,
    `--username=${options.superuser.user}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    ...localeArguments(options.major),
    '--no-instructions',
    ...(options.durable ? [] : ['--no-sync']),
  ];
}

/** The same order of texts on every machine; before 17 only the C library knows it, and upper and lower case of ASCII only. */
function localeArguments(major: number): string[] {
  if (major < 17) return ['--locale-provider=libc'];
  return ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
}

/** The end of a program's output, for an error message. */
export function lastLines(text: string, count = 12): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
