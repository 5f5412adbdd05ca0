import type { Kysely, sql } from 'kysely';
import { MigrationInvalidError } from '@tenantry/tenancy';
import { parseIds, type MigrationOptions } from './compile-header.ts';

/** The query builder of a TypeScript migration: every table and column may be named. */
export type MigrationDb = Kysely<Record<string, Record<string, unknown>>>;

/**
 * One direction of a TypeScript migration. What it does with `db` is recorded once and kept as SQL; where the file says
 * `export const reads = true`, it runs in each schema instead, and what it needs of Kysely is handed to it.
 */
export type MigrationFunction = (
  db: MigrationDb,
  tools: { readonly sql: typeof sql },
) => Promise<void>;

/** What a TypeScript migration exports. */
export interface MigrationExports extends Omit<MigrationOptions, 'form'> {
  readonly up: MigrationFunction;
  readonly down: MigrationFunction | undefined;
  readonly reads: boolean;
}

const known = ['up', 'down', 'reads', 'dependsOn', 'formerly', 'allow'];

/** The exports of a migration's module. Throws `MigrationInvalidError` for a wrong one, and for one that is not known. */
export function parseExports(
  exported: Readonly<Record<string, unknown>>,
  file: string,
): MigrationExports {
  const unknown = Object.keys(exported).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new MigrationInvalidError(file, `exports "${unknown}"; known are: ${known.join(', ')}`);
  }
  const { up, down, reads = false } = exported;
  if (typeof up !== 'function') {
    throw new MigrationInvalidError(file, 'exports no function "up"');
  }
  if (typeof reads !== 'boolean') {
    throw new MigrationInvalidError(file, 'exports a "reads" that is neither true nor false');
  }
  const ids = (name: string) => toTexts(exported[name]).flatMap((text) => parseIds(text, { file }));
  return {
    up: up as MigrationFunction,
    down: typeof down === 'function' ? (down as MigrationFunction) : undefined,
    reads,
    dependsOn: ids('dependsOn'),
    formerly: ids('formerly'),
    allow: toTexts(exported['allow']),
  };
}

/** `export const dependsOn = 'accounts/0001_initial'`, or an array of such. */
function toTexts(value: unknown): string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}
