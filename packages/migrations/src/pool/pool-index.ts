import { nodesOf, relationName } from '../effects/syntax-tree.ts';
import { quoteName } from '../quote-name.ts';
import { indexColumnNames } from './derive-name.ts';
import { listIn, locationOf, type MutableNode } from './mutable-node.ts';
import { refuse } from './pool-refusal.ts';
import { tenantColumn, tenantIndexNode, type Rewriting } from './rewriting.ts';
import { insertText, tokenFrom } from './statement-text.ts';

/** Kinds of index that the tenant's column cannot lead, and whose operators see no row before its policy does. */
const unordered = new Set(['gin', 'gist']);

/** Puts the tenant's column in front of an index that is ordered; of others only those that tell nothing of other rows are let through. */
export function poolIndex(statement: MutableNode, rewriting: Rewriting): void {
  const { accessMethod: method } = statement;
  if (method !== 'btree' && !unordered.has(String(method))) {
    refuse(
      `EXPLAIN ANALYZE counts rows of all tenants that a ${String(method)} index finds, because the tenant column cannot lead it; use a btree index`,
    );
  }
  nameIndex(statement, rewriting, method === 'btree');
  if (method !== 'btree') return;
  const { text } = rewriting;
  const table = tokenFrom(text, locationOf(statement['relation']));
  insertText(text, tokenFrom(text, table.end, '(').end, `${tenantColumn}, `);
  listIn(statement, 'indexParams').unshift(tenantIndexNode());
}

/** Remembers the index's name; where none stands and the tenant's column would become part of it, writes it in. */
function nameIndex(statement: MutableNode, { objects, text }: Rewriting, isChanged: boolean): void {
  const table = relationName(statement['relation']) ?? '';
  const elements = [
    ...nodesOf(statement['indexParams']),
    ...nodesOf(statement['indexIncludingParams']),
  ].map((element) => element['IndexElem'] as MutableNode);
  const columns = indexColumnNames(elements);
  const { idxname: given } = statement;
  const name = typeof given === 'string' ? given : objects.nameIndex(table, columns);
  objects.addIndex(name, table, columns);
  if (typeof given === 'string' || !isChanged) return;
  insertText(text, tokenFrom(text, 0, 'on').start, `${quoteName(name)} `);
  statement['idxname'] = name;
}
