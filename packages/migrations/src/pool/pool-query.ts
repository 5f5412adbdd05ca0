import {
  nodeOf,
  nodesOf,
  relationName,
  textOf,
  visitNodes,
  type SyntaxNode,
} from '../effects/syntax-tree.ts';
import { listIn, locationOf, type MutableNode } from './mutable-node.ts';
import { refuse } from './pool-refusal.ts';
import { tenantColumn, tenantIndexNode, type Rewriting } from './rewriting.ts';
import { starTables } from './star-tables.ts';
import { insertText, tokenFrom } from './statement-text.ts';

/** Makes all that a statement inserts, in sub-queries too, fit tables that have the tenant's column. */
export function poolQueries(rewriting: Rewriting): void {
  visitNodes(rewriting.tree, (kind, node) => {
    if (kind === 'InsertStmt') poolInsert(node, rewriting);
    if (kind === 'MergeWhenClause') refusePositions(node['values'], node['targetList']);
    if (kind === 'FuncCall') refuseCall(node);
    if (kind === 'intoClause' || kind === 'IntoClause') refuseInto();
  });
}

function poolInsert(insert: MutableNode, { text, objects, tree }: Rewriting): void {
  const table = relationName(insert['relation']) ?? '';
  const query = insert['selectStmt'];
  // The tenant's column stands last as long as none is added to the table.
  if (objects.hasGrown(table)) refusePositions(query, insert['cols']);
  if (starTables(query, tree).length > 0) {
    refuse('* also names the tenant column of a shared table; name the columns');
  }
  const infer = nodeOf(nodeOf(insert['onConflictClause'])['infer']) as MutableNode;
  if (!('indexElems' in infer)) return;
  insertText(text, tokenFrom(text, locationOf(infer), '(').end, `${tenantColumn}, `);
  listIn(infer, 'indexElems').unshift(tenantIndexNode());
}

function refusePositions(values: unknown, columns: unknown): void {
  if (values === undefined || columns !== undefined) return;
  refuse(
    'without a list of columns a value would meet the tenant column, behind which later columns stand; name the columns',
  );
}

const refusedCalls: Readonly<Record<string, string>> = {
  setval:
    'the sequence is shared by all tenants and others may have numbers beyond; leave setval out, or give the rows numbers of their own',
  pg_notify: 'every tenant of the database hears a notification; write to a table instead',
  lo_create: 'large objects lie outside of tables and their policies; use a bytea column',
  lo_from_bytea: 'large objects lie outside of tables and their policies; use a bytea column',
};

function refuseCall({ funcname }: SyntaxNode): void {
  const name = nodesOf(funcname).map(textOf).at(-1) ?? '';
  const reason = refusedCalls[name];
  if (reason !== undefined) refuse(reason);
}

function refuseInto(): never {
  refuse(
    'a table made from a query has no tenant column and no keys; use CREATE TABLE, then INSERT … SELECT',
  );
}
