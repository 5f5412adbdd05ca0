import type { StatementCost, StatementEffect, TableLock } from './statement-effect.ts';
import { nodeOf, nodesOf, relationName, visitNodes, type SyntaxNode } from './syntax-tree.ts';

/** What writing to a table costs: an insert grows with what is inserted, the others with what is there. */
const writes: Readonly<Record<string, StatementCost>> = {
  InsertStmt: 'instant',
  UpdateStmt: 'rewrite',
  DeleteStmt: 'rewrite',
  MergeStmt: 'rewrite',
};

/** What a query reads and writes, data-changing parts of WITH included. `tree` is the wrapped node: `{ UpdateStmt: {...} }`. */
export function queryEffects(tree: unknown): StatementEffect[] {
  const withNames = new Set<string>();
  const effects: StatementEffect[] = [];
  const add = (range: unknown, lock: TableLock, cost: StatementCost): void => {
    const table = relationName(range);
    if (table !== undefined) effects.push({ table, lock, cost });
  };
  visitNodes(tree, (kind, node) => {
    const cost = writes[kind];
    if (cost !== undefined) add(node['relation'], 'ROW EXCLUSIVE', cost);
    if (kind === 'RangeVar') add(node, 'ACCESS SHARE', 'scan');
    if (kind === 'CommonTableExpr') withNames.add(String(node['ctename']));
    if (kind === 'SelectStmt') {
      for (const table of lockedTables(node)) add({ relname: table }, 'ROW SHARE', 'scan');
    }
  });
  return effects.filter(({ table }) => !withNames.has(table));
}

/** The tables of a SELECT with FOR UPDATE or FOR SHARE. */
function lockedTables(select: SyntaxNode): string[] {
  const clauses = nodesOf(select['lockingClause']).map((item) => nodeOf(item['LockingClause']));
  if (clauses.length === 0) return [];
  const named = clauses.flatMap((clause) => nodesOf(clause['lockedRels']));
  const names = named.map((item) => relationName(item['RangeVar']));
  const tables: string[] = [];
  visitNodes(select['fromClause'], (kind, node) => {
    const table = relationName(node);
    if (kind !== 'RangeVar' || table === undefined) return;
    const alias = nodeOf(node['alias'])['aliasname'];
    if (named.length === 0 || names.includes(typeof alias === 'string' ? alias : table))
      tables.push(table);
  });
  return tables;
}
