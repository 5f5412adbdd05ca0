import { readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { LocalError } from '../errors.ts';
import { writeFileAtomicallySync } from '../secrets/write-file-atomically.ts';
import { currentProcessMark, isRunning, type ProcessMark } from './process-mark.ts';

/** The state machines an operator starts, by ARN. */
export interface RuntimeMachines {
  readonly createTenant: string;
  readonly deleteTenant: string;
  readonly migrateFleet: string;
}

/** All that a client needs to reach a running system: the content of `runtime.json`. */
export interface RuntimeDescription {
  readonly v: 1;
  readonly pid: number;
  /** The gateway: `http://localhost:8787`. */
  readonly url: string;
  readonly port: number;
  /** What `AWS_ENDPOINT_URL` is set to. */
  readonly endpointUrl: string;
  readonly region: string;
  readonly accountId: string;
  /** Accepted by the local endpoint and by nothing else. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly stage: string;
  /** Name of the control function. */
  readonly controlFunction: string;
  readonly stateMachines: RuntimeMachines;
  /** PostgreSQL itself, for programs that speak to a database directly. */
  readonly postgres: { readonly host: string; readonly port: number };
}

/** A system that runs, and the data folder it was found in. */
export interface FoundRuntime extends RuntimeDescription {
  readonly dataDir: string;
}

/** Where to look for a running system. */
export interface FindRuntimeOptions {
  /** @default - `TENANTRY_DATA` of `env`, else the nearest `.tenantry` from `cwd` upwards */
  readonly dataDir?: string | undefined;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const fileName = 'runtime.json';

/** Tells clients how to reach this process's system; readable by the folder's owner only. */
export function writeRuntimeFile(
  dataDir: string,
  description: Omit<RuntimeDescription, 'v' | 'pid'>,
): void {
  const content = { v: 1, ...currentProcessMark(), ...description };
  writeFileAtomicallySync(join(dataDir, fileName), `${JSON.stringify(content, null, 2)}\n`);
}

/** Takes back what `writeRuntimeFile` told. */
export function removeRuntimeFile(dataDir: string): void {
  rmSync(join(dataDir, fileName), { force: true });
}

/**
 * The running system that `options` lead to, or undefined when none runs: no file, or a file whose process has ended. Throws
 * `LocalError` (`LOCAL_DATA_UNREADABLE`) for a file of another version.
 */
export function findRuntime(options: FindRuntimeOptions): FoundRuntime | undefined {
  const named = options.dataDir ?? options.env['TENANTRY_DATA'];
  const dataDirs =
    named === undefined || named === ''
      ? dataDirsUpwards(options.cwd)
      : [resolve(options.cwd, named)];
  for (const dataDir of dataDirs) {
    const description = findDescription(dataDir);
    if (description !== undefined) return { ...description, dataDir };
  }
  return undefined;
}

function dataDirsUpwards(cwd: string): string[] {
  const dir = resolve(cwd);
  const parent = dirname(dir);
  const here = join(dir, '.tenantry');
  return parent === dir ? [here] : [here, ...dataDirsUpwards(parent)];
}

function findDescription(dataDir: string): RuntimeDescription | undefined {
  const file = join(dataDir, fileName);
  const text = findText(file);
  if (text === undefined) return undefined;
  const description = parseDescription(text, file);
  return isRunning(description) ? description : undefined;
}

function findText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

function parseDescription(text: string, file: string): RuntimeDescription & ProcessMark {
  const description = parseJson(text) as (RuntimeDescription & ProcessMark) | undefined;
  if (description?.v === 1) return description;
  throw new LocalError('LOCAL_DATA_UNREADABLE', `${file} was not written by this version.`, {
    next: 'stop the running system, then npm start',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
