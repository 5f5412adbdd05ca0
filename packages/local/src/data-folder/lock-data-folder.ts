import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LocalError } from '../errors.ts';
import { currentProcessMark, isRunning, type ProcessMark } from './process-mark.ts';

/** A data folder that this process alone works in. */
export interface DataFolderLock {
  release(): void;
}

/**
 * Takes `dataDir` for this process. A lock that a dead process left is taken over; that of a live one throws `LocalError`
 * (`LOCAL_DATA_LOCKED`).
 */
export function lockDataFolder(dataDir: string): DataFolderLock {
  const file = join(dataDir, 'lock');
  const draft = `${file}.${process.pid}`;
  const text = JSON.stringify(currentProcessMark());
  writeFileSync(draft, text);
  try {
    // A hard link comes into being whole or not at all: nobody can read a half-written lock.
    while (!tryLink(draft, file)) takeOver(file, dataDir);
  } finally {
    rmSync(draft, { force: true });
  }
  return { release: () => release(file, text) };
}

/**
 * Throws `LocalError` (`LOCAL_DATA_LOCKED`) when a system runs on `dataDir` now: to be asked before anything in the folder is changed
 * ahead of `startLocal`, which asks again.
 */
export function assertNotRunning(dataDir: string): void {
  const dir = resolve(dataDir);
  const text = findText(join(dir, 'lock'));
  if (text !== undefined) assertEnded(text, dir);
}

function tryLink(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function takeOver(file: string, dataDir: string): void {
  const text = findText(file);
  if (text === undefined) return;
  assertEnded(text, dataDir);
  removeStale(file, text);
}

function assertEnded(text: string, dataDir: string): void {
  const holder = parseMark(text);
  if (holder === undefined || !isRunning(holder)) return;
  throw new LocalError(
    'LOCAL_DATA_LOCKED',
    `The data folder ${dataDir} is in use by process ${holder.pid}.`,
    { next: `stop process ${holder.pid}, or choose another folder: npm start -- --data DIR` },
  );
}

/** Another process may have taken the stale lock over in the meantime: its lock is put back. */
function removeStale(file: string, text: string): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (findText(aside) !== text) tryLink(aside, file);
  rmSync(aside, { force: true });
}

function release(file: string, text: string): void {
  if (findText(file) === text) rmSync(file, { force: true });
}

function findText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseMark(text: string): ProcessMark | undefined {
  try {
    return JSON.parse(text) as ProcessMark;
  } catch {
    return undefined;
  }
}
