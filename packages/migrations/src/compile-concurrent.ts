import { parse, scan } from 'libpg-query';
import { MigrationInvalidError } from '@tenantry/tenancy';
import type { ConcurrentIndex } from './concurrent-index.ts';
import { toStatement, type MigrationStatement } from './migration-statement.ts';
import type { ParsedStatement } from './split-statements.ts';

interface IndexStatement {
  readonly idxname?: string;
  readonly relation?: { readonly relname?: string; readonly location?: number };
  readonly concurrent?: boolean;
}

interface DropStatement {
  readonly removeType?: string;
  readonly concurrent?: boolean;
  readonly objects?: readonly {
    readonly List?: {
      readonly items?: readonly { readonly String?: { readonly sval?: string } }[];
    };
  }[];
}

/**
 * A statement of a migration with `transaction off`, in both its texts: plain for a schema that is new, and concurrent with a place for the
 * schema. Throws `MigrationInvalidError` for anything but CREATE INDEX CONCURRENTLY with a name and DROP INDEX CONCURRENTLY.
 */
export async function compileConcurrent(
  statement: ParsedStatement,
  { file }: { readonly file: string },
): Promise<MigrationStatement> {
  const bytes = Buffer.from(statement.sql);
  const found = await findIndexStatement(statement.sql);
  if (found === undefined) {
    throw new MigrationInvalidError(
      file,
      'a migration with "transaction off" holds CREATE INDEX CONCURRENTLY, with a name for the index, and DROP INDEX CONCURRENTLY; anything else belongs in a migration of its own',
      statement.line ?? undefined,
    );
  }
  const { place, word, ...index } = found;
  const cut = (start: number, end?: number) => bytes.subarray(start, end).toString();
  return {
    ...toStatement(statement),
    sql: cut(0, word.start) + cut(word.end).trimStart(),
    concurrent: { ...index, parts: [cut(0, place), cut(place)] },
  };
}

interface FoundIndex extends Omit<ConcurrentIndex, 'parts'> {
  /** Byte at which the schema belongs. */
  readonly place: number;
  /** Where the word CONCURRENTLY stands. */
  readonly word: { readonly start: number; readonly end: number };
}

async function findIndexStatement(text: string): Promise<FoundIndex | undefined> {
  // Positions count from the beginning of what was parsed, so the statement is parsed by itself.
  const tree = (await parse(text)).stmts?.[0]?.stmt as Readonly<Record<string, unknown>>;
  const { tokens } = await scan(text);
  const at = tokens.findIndex((token) => token.text.toLowerCase() === 'concurrently');
  const word = tokens[at];
  if (word === undefined) return undefined;
  const create = tree['IndexStmt'] as IndexStatement | undefined;
  if (create?.concurrent === true) return ofCreate(create, word);
  const drop = tree['DropStmt'] as DropStatement | undefined;
  if (drop?.concurrent !== true || drop.removeType !== 'OBJECT_INDEX') return undefined;
  const rest = tokens.slice(at + 1);
  const name = rest[rest[0]?.text.toLowerCase() === 'if' ? 2 : 0];
  const index = drop.objects?.[0]?.List?.items?.at(-1)?.String?.sval;
  if (name === undefined || index === undefined) return undefined;
  return { action: 'drop', index, table: null, place: name.start, word };
}

function ofCreate(
  { idxname, relation }: IndexStatement,
  word: FoundIndex['word'],
): FoundIndex | undefined {
  const { relname, location } = relation ?? {};
  if (idxname === undefined || relname === undefined || location === undefined) return undefined;
  return { action: 'create', index: idxname, table: relname, place: location, word };
}
