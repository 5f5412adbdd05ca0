import { createHash, randomUUID } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Where bundles are kept, and what they are made of. */
export interface ReuseBundlesOptions {
  /** Folder of kept bundles; made when it does not exist. */
  readonly cacheDir: string;
  /** What decides about the bundles besides the files they are made of. */
  readonly key: string;
  /** The folder that the files' names are relative to. */
  readonly sourceDir: string;
  /** Gets the bundles. */
  readonly outDir: string;
}

/** Bundling takes most of a synthesis; of each state of the sources, and there are few at a time, one copy is kept. */
const keptCount = 6;

/** What a kept bundle was made of: the digest of each file by its name. */
interface Made {
  readonly key: string;
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Bundles into `outDir` with `bundle`, which answers the names of the files that it read, unless it was done before with files of the
 * same content: then what came of it is copied.
 */
export async function reuseBundles(
  options: ReuseBundlesOptions,
  bundle: () => Promise<readonly string[]>,
): Promise<void> {
  const { cacheDir, outDir } = options;
  mkdirSync(cacheDir, { recursive: true });
  const digestOf = openDigests(options.sourceDir);
  const kept = listKept(cacheDir).find((dir) => isMadeOfSame(dir, options.key, digestOf));
  if (kept !== undefined) {
    utimesSync(kept, new Date(), new Date());
    cpSync(join(kept, 'bundles'), outDir, { recursive: true });
    return;
  }
  const startedAt = Date.now();
  const names = await bundle();
  keep(options, { names, startedAt });
}

/** Digests of files by name, each file read once; empty for one that is not there. */
function openDigests(sourceDir: string): (name: string) => string {
  const known = new Map<string, string>();
  return (name) => {
    const file = resolve(sourceDir, name);
    const digest = known.get(file) ?? (existsSync(file) ? digestFile(file) : '');
    known.set(file, digest);
    return digest;
  };
}

function digestFile(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('base64');
}

/** Last used first. */
function listKept(cacheDir: string): string[] {
  return readdirSync(cacheDir)
    .filter((name) => !name.startsWith('.'))
    .map((name) => join(cacheDir, name))
    .map((dir) => ({ dir, usedAt: statSync(dir, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .toSorted((a, b) => b.usedAt - a.usedAt)
    .map(({ dir }) => dir);
}

function isMadeOfSame(dir: string, key: string, digestOf: (name: string) => string): boolean {
  const file = join(dir, 'made-of.json');
  if (!existsSync(file)) return false;
  const made = JSON.parse(readFileSync(file, 'utf8')) as Made;
  return (
    made.key === key &&
    Object.entries(made.files).every(([name, digest]) => digestOf(name) === digest)
  );
}

function keep(
  { cacheDir, key, sourceDir, outDir }: ReuseBundlesOptions,
  { names, startedAt }: { readonly names: readonly string[]; readonly startedAt: number },
): void {
  const read = [...names, ...settingsAbove(names, sourceDir)];
  // Of a file that was changed meanwhile nobody knows which content went into the bundle.
  if (read.some((name) => isChangedSince(resolve(sourceDir, name), startedAt))) return;
  const digestOf = openDigests(sourceDir);
  const made: Made = {
    key,
    files: Object.fromEntries(read.map((name) => [name, digestOf(name)])),
  };
  const id = randomUUID();
  const partial = join(cacheDir, `.${id}`);
  cpSync(outDir, join(partial, 'bundles'), { recursive: true });
  writeFileSync(join(partial, 'made-of.json'), JSON.stringify(made));
  renameSync(partial, join(cacheDir, id));
  for (const dir of listKept(cacheDir).slice(keptCount))
    rmSync(dir, { recursive: true, force: true });
}

function isChangedSince(file: string, time: number): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) >= time;
}

/**
 * Files that say which file an import means and how it is read, in each folder above the given files: those that are not there count,
 * too, for they may come.
 */
function settingsAbove(names: readonly string[], sourceDir: string): string[] {
  const folders = new Set(names.map(dirname));
  for (const folder of folders)
    if (resolve(sourceDir, folder) !== resolve('/')) folders.add(join(folder, '..'));
  return [...folders].flatMap((folder) =>
    ['package.json', 'tsconfig.json'].map((name) => join(folder, name)),
  );
}
