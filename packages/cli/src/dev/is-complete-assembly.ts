import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

interface AssetManifest {
  readonly files?: Readonly<Record<string, { readonly source: { readonly path?: string } }>>;
}

/** Whether a folder holds a cloud assembly with every file that its asset manifests name. */
export function isCompleteAssembly(dir: string): boolean {
  if (!existsSync(join(dir, 'manifest.json'))) return false;
  return readdirSync(dir)
    .filter((name) => name.endsWith('.assets.json'))
    .every((name) => hasAllFiles(dir, name));
}

function hasAllFiles(dir: string, manifestName: string): boolean {
  const manifest = JSON.parse(readFileSync(join(dir, manifestName), 'utf8')) as AssetManifest;
  return Object.values(manifest.files ?? {}).every(({ source }) => {
    if (source.path === undefined) return true;
    const path = join(dir, source.path);
    return existsSync(path) && (!statSync(path).isDirectory() || readdirSync(path).length > 0);
  });
}
