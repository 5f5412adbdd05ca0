import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeAssetOf } from '../assembly/resolve-functions.ts';
import type { Template } from '../assembly/template.ts';

/** Copies of functions' code, as Lambda keeps them: a stack's functions run on when the next build has taken the place of their own. */
export interface KeptCode {
  /** The folders of all code that the template's functions need, by asset; copied from the assembly where it was not kept yet. */
  keep(template: Template): Promise<ReadonlyMap<string, string>>;
  /** Removes what none of these templates needs. */
  sweep(templates: readonly Template[]): Promise<void>;
}

/** Keeps code in `dir`; `assetDirs` is where the assembly has it. */
export function createKeptCode(dir: string, assetDirs: ReadonlyMap<string, string>): KeptCode {
  return {
    keep: async (template) => {
      const kept = new Map<string, string>();
      for (const asset of codeAssetsOf(template)) {
        const target = join(dir, asset);
        const source = assetDirs.get(asset);
        if (!existsSync(target) && source !== undefined) await copyFolder(source, target);
        if (existsSync(target)) kept.set(asset, target);
      }
      return kept;
    },
    sweep: async (templates) => {
      if (!existsSync(dir)) return;
      const needed = new Set(templates.flatMap(codeAssetsOf));
      const unneeded = (await readdir(dir)).filter((name) => !needed.has(name));
      for (const name of unneeded) await rm(join(dir, name), { recursive: true, force: true });
    },
  };
}

let copies = 0;

/** Copies whole or not at all. */
async function copyFolder(source: string, target: string): Promise<void> {
  copies += 1;
  const partial = `${target}.${process.pid}.${copies}`;
  await mkdir(partial, { recursive: true });
  await cp(source, partial, { recursive: true });
  try {
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    // Another stack copied the same code meanwhile.
    if (!existsSync(target)) throw error;
  }
}

function codeAssetsOf(template: Template): string[] {
  const functions = Object.values(template.Resources).filter(
    ({ Type }) => Type === 'AWS::Lambda::Function',
  );
  return [...new Set(functions.map(codeAssetOf))];
}
