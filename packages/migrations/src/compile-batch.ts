import { MigrationInvalidError } from '@tenantry/tenancy';
import { toStatement, type MigrationStatement } from './migration-statement.ts';
import type { ParsedStatement } from './split-statements.ts';

const commands = { InsertStmt: 'insert', UpdateStmt: 'update', DeleteStmt: 'delete' } as const;

/**
 * A statement of a migration with `batch`. Throws `MigrationInvalidError` for one that is no INSERT, UPDATE or DELETE, or does not limit
 * the rows of a round.
 */
export function compileBatch(
  statement: ParsedStatement,
  { file }: { readonly file: string },
): MigrationStatement {
  const tree = statement.tree as Readonly<Record<string, unknown>>;
  const [kind, command] = Object.entries(commands).find(([name]) => name in tree) ?? [];
  const body = kind === undefined ? undefined : (tree[kind] as DataChange);
  const table = body?.relation?.relname;
  if (command === undefined || table === undefined || !holdsLimit(body)) {
    throw new MigrationInvalidError(file, howTo, statement.line ?? undefined);
  }
  return { ...toStatement(statement), batch: { command, table } };
}

interface DataChange {
  readonly relation?: { readonly relname?: string };
}

const howTo =
  'each statement of a batch changes a limited number of the rows that are left: update t set ... where id in (select id from t where <not yet changed> limit 1000)';

function holdsLimit(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(holdsLimit);
  if (typeof node !== 'object' || node === null) return false;
  return Object.entries(node).some(
    ([key, value]) => (key === 'limitCount' && value !== undefined) || holdsLimit(value),
  );
}
