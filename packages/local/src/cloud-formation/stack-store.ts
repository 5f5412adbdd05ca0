import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LocalError } from '../errors.ts';
import { writeFileAtomicallySync } from '../secrets/write-file-atomically.ts';
import type { StackRecord, StackStatus } from './stack-record.ts';

/** What is to be remembered about a change. */
export interface StackChange {
  readonly status: StackStatus;
  readonly reason?: string | undefined;
}

/** All stacks that were made, kept in a folder each. */
export interface StackStore {
  /** By name the one that is not deleted; by ARN a deleted one, too. */
  find(nameOrId: string): StackRecord | undefined;
  /** Those that are not deleted, oldest first. */
  list(): readonly StackRecord[];
  /** The folder of a stack's servers and items. */
  folderOf(record: StackRecord): string;
  /** Writes the record; it is on the disk when the call returns. */
  save(record: StackRecord): void;
  /** Gives the stack a new status, with an event that says so, and writes the record. */
  change(record: StackRecord, change: StackChange): void;
}

/** For so long CloudFormation tells about a deleted stack. */
const keptAfterDeletionMs = 90 * 24 * 60 * 60 * 1000;
/** More would only tell of updates long gone. */
const keptEvents = 200;
const fileName = 'stack.json';

/** Opens the stacks kept in `dir`. Throws `LocalError` (`LOCAL_DATA_UNREADABLE`) for a damaged record. */
export function openStackStore(dir: string): StackStore {
  mkdirSync(dir, { recursive: true });
  const records = readRecords(dir);
  const folderOf = (record: StackRecord) => join(dir, record.id.split('/').at(-1) ?? '');
  const save = (record: StackRecord) => {
    mkdirSync(folderOf(record), { recursive: true });
    writeFileAtomicallySync(join(folderOf(record), fileName), `${JSON.stringify(record)}\n`);
    records.set(record.id, record);
  };
  return {
    folderOf,
    save,
    find: (nameOrId) =>
      records.get(nameOrId) ??
      [...records.values()].find((it) => it.name === nameOrId && it.deletedAt === undefined),
    list: () =>
      [...records.values()]
        .filter(({ deletedAt }) => deletedAt === undefined)
        .toSorted((a, b) => a.createdAt - b.createdAt),
    change: (record, { status, reason }) => {
      record.status = status;
      record.reason = reason;
      addEvent(record, { logicalId: record.name, type: stackType, status, reason });
      save(record);
    },
  };
}

const stackType = 'AWS::CloudFormation::Stack';

/** Remembers that something happened; whoever changes the record next writes it. */
export function addEvent(
  record: StackRecord,
  event: Omit<StackRecord['events'][number], 'id' | 'at'>,
): void {
  const events = [...record.events, { id: randomUUID(), at: Date.now(), ...event }];
  record.events = events.slice(-keptEvents);
}

function readRecords(dir: string): Map<string, StackRecord> {
  const records = new Map<string, StackRecord>();
  for (const name of readdirSync(dir)) {
    const file = join(dir, name, fileName);
    if (!existsSync(file)) continue;
    const record = readRecord(file);
    const { deletedAt = Infinity } = record;
    if (deletedAt < Date.now() - keptAfterDeletionMs) rmSync(join(dir, name), { recursive: true });
    else records.set(record.id, record);
  }
  return records;
}

function readRecord(file: string): StackRecord {
  try {
    const record = JSON.parse(readFileSync(file, 'utf8')) as StackRecord;
    if (record.v === 1) return record;
    throw new TypeError(`it is of version ${String(record.v)}`);
  } catch (cause) {
    throw new LocalError('LOCAL_DATA_UNREADABLE', `${file} cannot be read.`, {
      next: 'restore the file from a copy, or start with another --data DIR',
      cause,
    });
  }
}
