import { existsSync, statfsSync } from 'node:fs';

/** What the systems of a run may take at the same time, and as much again. */
const neededBytes = 4e9;

/**
 * A folder in memory with room for all that a run of the tests writes, or undefined where there is none: PostgreSQL's files are many and
 * soon gone, and on a disk each costs several times as much.
 */
export function findMemoryFolder(): string | undefined {
  const folder = '/dev/shm';
  if (!existsSync(folder)) return undefined;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize >= neededBytes ? folder : undefined;
}
