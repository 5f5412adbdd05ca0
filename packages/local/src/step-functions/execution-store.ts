import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LocalError } from '../errors.ts';
import { writeFileAtomically } from '../secrets/write-file-atomically.ts';
import { toSummary } from './execution-record.ts';
import type { ExecutionRecord, ExecutionSummary } from './execution-record.ts';

/** The executions of all state machines: each in a file of its own, with an index in memory. */
export interface ExecutionStore {
  /** Summaries of all executions that are still kept. */
  list(): Iterable<ExecutionSummary>;
  find(arn: string): ExecutionSummary | undefined;
  /** The whole record, from disk; undefined for an unknown execution. */
  read(arn: string): Promise<ExecutionRecord | undefined>;
  /** Whether an execution had this ARN, be it long gone. */
  isKnown(arn: string): boolean;
  /** Keeps the record in place of an earlier one. A new execution is known at once; what changes is shown when it is on disk. */
  write(record: ExecutionRecord): Promise<void>;
  /** The records that were running when the process before this one ended. */
  readonly interrupted: readonly ExecutionRecord[];
}

/** Opens the store in `dir`, which is made if need be. Throws `LocalError` for a file that is no record. */
export function openExecutionStore(dir: string, keptCount: number): ExecutionStore {
  mkdirSync(join(dir, 'executions'), { recursive: true, mode: 0o700 });
  return new FileExecutionStore(dir, keptCount);
}

class FileExecutionStore implements ExecutionStore {
  readonly interrupted: readonly ExecutionRecord[];
  readonly #dir: string;
  readonly #keptCount: number;
  readonly #summaries: Map<string, ExecutionSummary>;
  readonly #forgotten: Set<string>;
  readonly #writes = new Map<string, Promise<void>>();

  constructor(dir: string, keptCount: number) {
    this.#dir = dir;
    this.#keptCount = keptCount;
    const records = readRecords(join(dir, 'executions')).toSorted(
      (a, b) => a.startDate - b.startDate,
    );
    this.#summaries = new Map(records.map((record) => [record.arn, toSummary(record)]));
    this.interrupted = records.filter((record) => record.status === 'RUNNING');
    this.#forgotten = readLines(join(dir, 'forgotten'));
  }

  list(): Iterable<ExecutionSummary> {
    return this.#summaries.values();
  }

  find(arn: string): ExecutionSummary | undefined {
    return this.#summaries.get(arn);
  }

  async read(arn: string): Promise<ExecutionRecord | undefined> {
    if (!this.#summaries.has(arn)) return undefined;
    await this.#writes.get(arn);
    return JSON.parse(await readFile(this.#fileOf(arn), 'utf8')) as ExecutionRecord;
  }

  isKnown(arn: string): boolean {
    return this.#summaries.has(arn) || this.#forgotten.has(arn);
  }

  async write(record: ExecutionRecord): Promise<void> {
    const { arn } = record;
    const isNew = !this.#summaries.has(arn);
    if (isNew) this.#summaries.set(arn, toSummary(record));
    const start = (): Promise<void> =>
      writeFileAtomically(this.#fileOf(arn), JSON.stringify(record));
    const write = (this.#writes.get(arn) ?? Promise.resolve()).then(start, start);
    this.#writes.set(arn, write);
    try {
      await write;
      this.#summaries.set(arn, toSummary(record));
    } catch (error) {
      if (isNew) this.#summaries.delete(arn);
      throw error;
    } finally {
      if (this.#writes.get(arn) === write) this.#writes.delete(arn);
    }
    await this.#forgetOldest();
  }

  /** The oldest that have ended make room; only their names stay. */
  async #forgetOldest(): Promise<void> {
    const surplus = this.#summaries.size - this.#keptCount;
    if (surplus <= 0) return;
    const ended = [...this.#summaries.values()].filter(
      ({ arn, status }) => status !== 'RUNNING' && !this.#writes.has(arn),
    );
    const forgotten = ended.slice(0, surplus).map(({ arn }) => arn);
    for (const arn of forgotten) {
      this.#forgotten.add(arn);
      this.#summaries.delete(arn);
      appendFileSync(join(this.#dir, 'forgotten'), `${arn}\n`);
    }
    await Promise.all(forgotten.map((arn) => rm(this.#fileOf(arn), { force: true })));
  }

  /** Names may hold what file names may not, and differ only in case. */
  #fileOf(arn: string): string {
    const hash = createHash('sha256').update(arn).digest('hex').slice(0, 32);
    return join(this.#dir, 'executions', `${hash}.json`);
  }
}

function readRecords(dir: string): ExecutionRecord[] {
  return readdirSync(dir)
    .filter((file) => file.endsWith('.json'))
    .map((file) => readRecord(join(dir, file)));
}

function readRecord(file: string): ExecutionRecord {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ExecutionRecord;
  } catch (cause) {
    throw new LocalError('LOCAL_DATA_UNREADABLE', `${file} is not the record of an execution.`, {
      next: `rm ${file}`,
      cause,
    });
  }
}

function readLines(file: string): Set<string> {
  if (!existsSync(file)) return new Set();
  return new Set(
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== ''),
  );
}
