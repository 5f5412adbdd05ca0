import { mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

const maxLogBytes = 5_000_000;

/**
 * A descriptor that appends to `<logDir>/<name>.log`. A full file makes room first and stays as `<name>.1.log`, so that logs do not
 * grow without end.
 */
export function openLogFile(logDir: string, name: string): number {
  mkdirSync(logDir, { recursive: true });
  const path = join(logDir, `${name}.log`);
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > maxLogBytes) renameSync(path, join(logDir, `${name}.1.log`));
  return openSync(path, 'a', 0o600);
}
