import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folders = ['infra', 'functions', 'packages'];
const files = [
  'package-lock.json',
  'package.json',
  'cdk.json',
  'tsconfig.json',
  'tenantry.config.ts',
];

/** A hash over everything that a synthesis reads: the sources' paths and contents, tests left out, and `parameters`. */
export function hashSources(projectRoot: string, parameters: readonly string[]): string {
  const hash = createHash('sha256');
  for (const parameter of parameters) hash.update(`${parameter}\0`);
  for (const path of [...folders.flatMap((folder) => listFiles(projectRoot, folder)), ...files]) {
    const file = join(projectRoot, path);
    if (!existsSync(file)) continue;
    hash.update(`${path}\0`).update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

/** Paths of a folder's files below the root, sorted, without dependencies, hidden folders and tests. */
function listFiles(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.name === 'node_modules' || entry.name.startsWith('.')) return [];
      if (entry.isDirectory()) return listFiles(root, path);
      return /\.test(-d)?\.ts$/.test(entry.name) ? [] : [path];
    });
}
