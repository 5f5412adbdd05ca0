import { quoteName } from './quote-name.ts';

/** An index that is built or dropped while requests go on, outside of any transaction. */
export interface ConcurrentIndex {
  readonly action: 'create' | 'drop';
  readonly index: string;
  /** Null for a drop, which names no table. */
  readonly table: string | null;
  /** The statement, cut where the schema belongs: outside of a transaction no search path can be set for it. */
  readonly parts: readonly [string, string];
}

/** The statement as it runs in one schema. */
export function concurrentSql({ parts }: ConcurrentIndex, schema: string): string {
  return `${parts[0]}${quoteName(schema)}.${parts[1]}`;
}
