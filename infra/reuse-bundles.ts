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
import { basename, dirname, join, resolve } from 'node:path';

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
  const partial = join(cacheDir, `.${randomUUID()}`);
  mkdirSync(partial);
  try {
    const startedAt = changedAt(partial);
    keep(options, { names: await bundle(), startedAt, partial });
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/**
 * When the file's content, name or folder entry last changed, in nanoseconds by the clock of file systems, which may lag a few
 * milliseconds behind that of the process; 0 when there is no file.
 */
function changedAt(file: string): bigint {
  return statSync(file, { bigint: true, throwIfNoEntry: false })?.ctimeNs ?? 0n;
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

/** What a bundle was made of, when its making began, and the folder in which its copy is put together. */
interface Bundled {
  readonly names: readonly string[];
  readonly startedAt: bigint;
  readonly partial: string;
}

function keep(
  { cacheDir, key, sourceDir, outDir }: ReuseBundlesOptions,
  { names, startedAt, partial }: Bundled,
): void {
  const read = [...names, ...settingsAbove(names, sourceDir)];
  // Of a file that was changed meanwhile nobody knows which content went into the bundle.
  if (read.some((name) => changedAt(resolve(sourceDir, name)) >= startedAt)) return;
  const digestOf = openDigests(sourceDir);
  const made: Made = {
    key,
    files: Object.fromEntries(read.map((name) => [name, digestOf(name)])),
  };
  cpSync(outDir, join(partial, 'bundles'), { recursive: true });
  writeFileSync(join(partial, 'made-of.json'), JSON.stringify(made));
  renameSync(partial, join(cacheDir, basename(partial).slice(1)));
  for (const dir of listKept(cacheDir).slice(keptCount))
    rmSync(dir, { recursive: true, force: true });
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
