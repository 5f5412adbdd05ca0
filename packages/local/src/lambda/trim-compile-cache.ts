import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const maxCacheBytes = 50_000_000;

/** Empties the folder of V8's compiled code when it has grown too large: each version of a bundle leaves its own. */
export function trimCompileCache(dir: string): void {
  if (sizeOf(dir) > maxCacheBytes) rmSync(dir, { recursive: true, force: true });
}

function sizeOf(dir: string): number {
  if (statSync(dir, { throwIfNoEntry: false }) === undefined) return 0;
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
