import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LocalError } from '../errors.ts';
import { writeFileAtomicallySync } from '../secrets/write-file-atomically.ts';
import { lockDataFolder } from './lock-data-folder.ts';

/** Where in the data folder things lie, and the way to leave it. */
export interface DataFolder {
  readonly dir: string;
  readonly logDir: string;
  readonly executionsDir: string;
  /** Items of DynamoDB. */
  readonly tablesDir: string;
  /** What CloudFormation made: a folder for each stack, with its servers and items. */
  readonly stacksDir: string;
  readonly secretsFile: string;
  readonly deploymentFile: string;
  /** Lets another process use the folder. */
  close(): void;
}

const layout = 1;

/**
 * Opens `dataDir` for this process alone, made when it does not exist. Throws `LocalError`: `LOCAL_DATA_LOCKED` when another process
 * is at work in it, `LOCAL_DATA_OTHER_LAYOUT` when another version made it.
 */
export function openDataFolder(dataDir: string): DataFolder {
  const dir = resolve(dataDir);
  const logDir = join(dir, 'logs');
  mkdirSync(logDir, { recursive: true });
  const lock = lockDataFolder(dir);
  try {
    checkLayout(dir);
  } catch (error) {
    lock.release();
    throw error;
  }
  return {
    dir,
    logDir,
    executionsDir: join(dir, 'executions'),
    tablesDir: join(dir, 'tables'),
    stacksDir: join(dir, 'stacks'),
    secretsFile: join(dir, 'secrets.json'),
    deploymentFile: join(dir, 'deployment.json'),
    close: () => lock.release(),
  };
}

function checkLayout(dir: string): void {
  const file = join(dir, 'layout.json');
  if (!existsSync(file)) {
    writeFileAtomicallySync(file, `${JSON.stringify({ v: layout })}\n`);
    return;
  }
  const found = readLayout(file);
  if (found === layout) return;
  throw new LocalError(
    'LOCAL_DATA_OTHER_LAYOUT',
    `The data folder ${dir} has layout ${String(found)}; this version reads layout ${layout}. Nothing was changed.`,
    { next: 'start the version that made it, or choose another folder: npm start -- --data DIR' },
  );
}

function readLayout(file: string): unknown {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { v?: unknown }).v;
  } catch (cause) {
    throw new LocalError('LOCAL_DATA_UNREADABLE', `${file} cannot be read.`, {
      next: 'choose another folder: npm start -- --data DIR',
      cause,
    });
  }
}
