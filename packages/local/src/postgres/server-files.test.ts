import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { getRunnableServer } from './reachable-place.ts';
import { findRunUser } from './run-user.ts';
import { getServerFiles, restoreLibraryLinks } from './server-files.ts';

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tenantry-files-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('a platform without binaries is named, with what to do', () => {
  expect(() => getServerFiles('plan9-mips')).toThrowError(
    expect.objectContaining({
      code: 'LOCAL_BINARY_MISSING',
      message: expect.stringContaining('plan9-mips') as string,
      next: expect.stringContaining('DATABASE_URL') as string,
    }),
  );
});

test('another version takes the place of the installed one', () => {
  const folder = makeFolder();
  mkdirSync(join(folder, 'native', 'bin'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "version": "15.0.0" }');
  vi.stubEnv('TENANTRY_POSTGRES_PACKAGE', folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(getServerFiles()).toEqual({ dir: join(folder, 'native'), packageVersion: '15.0.0' });
});

test('library links that the install script did not make are made', () => {
  const dir = join(makeFolder(), 'native');
  mkdirSync(join(dir, 'lib'), { recursive: true });
  writeFileSync(join(dir, 'lib', 'libpq.so.5.17'), 'library');
  const links = [{ source: 'native/lib/libpq.so.5.17', target: 'native/lib/libpq.so.5' }];
  writeFileSync(join(dir, 'pg-symlinks.json'), JSON.stringify(links));
  for (const run of [1, 2]) {
    expect(restoreLibraryLinks({ dir, packageVersion: String(run) })).toBe(true);
    expect(readFileSync(join(dir, 'lib', 'libpq.so.5'), 'utf8')).toBe('library');
  }
});

test.runIf(process.getuid?.() === 0)(
  'what npm installed under a strict umask runs from a copy that others can read',
  () => {
    const dir = join(makeFolder(), 'native');
    const installed = getServerFiles();
    cpSync(installed.dir, dir, { recursive: true, verbatimSymlinks: true });
    for (const name of ['.', ...(readdirSync(dir, { recursive: true }) as string[])]) {
      const path = join(dir, name);
      if (!lstatSync(path).isSymbolicLink()) chmodSync(path, lstatSync(path).mode & 0o700);
    }
    const umask = process.umask(0o077);
    onTestFinished(() => void process.umask(umask));
    const server = getRunnableServer({ ...installed, dir }, findRunUser());
    const home = join(server.binDir, '..');
    onTestFinished(() => rmSync(join(home, '..', '..', '..'), { recursive: true, force: true }));
    expect(home).not.toBe(dir);
    const closed = (readdirSync(home, { recursive: true }) as string[]).filter(
      (name) => (statSync(join(home, name)).mode & 0o044) !== 0o044,
    );
    expect(closed).toEqual([]);
  },
);

test('an installation without links runs', () => {
  const folder = makeFolder();
  const installed = getServerFiles();
  const dir = join(folder, 'native');
  cpSync(installed.dir, dir, { recursive: true, verbatimSymlinks: true });
  const list = JSON.parse(readFileSync(join(dir, 'pg-symlinks.json'), 'utf8')) as {
    target: string;
  }[];
  for (const { target } of list) rmSync(join(folder, target), { force: true });
  // The folder of a temporary directory is closed to others: root's PostgreSQL then runs from a copy.
  const server = getRunnableServer({ ...installed, dir }, findRunUser());
  const home = join(server.binDir, '..');
  if (home !== dir) {
    onTestFinished(() => rmSync(join(home, '..', '..', '..'), { recursive: true, force: true }));
  }
  expect(server.major).toBe(17);
  expect(list.every(({ target }) => lstatSync(join(folder, target)).isSymbolicLink())).toBe(true);
  expect(existsSync(join(server.binDir, 'initdb'))).toBe(true);
});
