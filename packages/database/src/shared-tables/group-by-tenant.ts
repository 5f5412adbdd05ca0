import {
  AggregateFunctionNode,
  AliasNode,
  ColumnNode,
  GroupByItemNode,
  IdentifierNode,
  ReferenceNode,
  SelectQueryNode,
  TableNode,
  type OperationNode,
} from 'kysely';
import { nameOf, tableOf, type ColumnScope } from '../data-api/column-scope.ts';

/**
 * Groups by `tenant` as well where a query groups by a table's primary key and uses other columns of the table: the key of a shared table
 * is both together, and PostgreSQL takes the other columns from nothing less.
 */
export function groupByTenant(query: SelectQueryNode, scope: ColumnScope): SelectQueryNode {
  const items = query.groupBy?.items ?? [];
  if (items.length === 0) return query;
  const grouped = items.flatMap(({ groupBy }) => [...columnsIn(groupBy)]);
  const used = [query.selections, query.having, query.orderBy].flatMap((node) => [
    ...columnsIn(node),
  ]);
  const tables = tablesOf(query, scope).filter((alias) => {
    const groupedOfIt = grouped.filter((node) => isOf(node, alias, scope)).map(nameOf);
    const usedOfIt = used.filter((node) => isOf(node, alias, scope)).map(nameOf);
    return groupedOfIt.length > 0 && usedOfIt.some((name) => !groupedOfIt.includes(name));
  });
  const added = tables.map((alias) => GroupByItemNode.create(tenantOf(alias)));
  return added.length === 0 ? query : SelectQueryNode.cloneWithGroupByItems(query, added);
}

function tenantOf(alias: string): OperationNode {
  return ReferenceNode.create(ColumnNode.create('tenant'), TableNode.create(alias));
}

/** The names by which the query knows tables, and not results of other queries. */
function tablesOf({ from, joins = [] }: SelectQueryNode, { results }: ColumnScope): string[] {
  const nodes = [...(from?.froms ?? []), ...joins.map(({ table }) => table)];
  return nodes.flatMap((node) => {
    const table = AliasNode.is(node) ? node.node : node;
    const name = TableNode.is(table) ? table.table.identifier.name : undefined;
    if (name === undefined || results.has(name)) return [];
    if (!AliasNode.is(node)) return [name];
    return IdentifierNode.is(node.alias) ? [node.alias.name] : [];
  });
}

function isOf(node: OperationNode, alias: string, { sources }: ColumnScope): boolean {
  const table = tableOf(node);
  if (table !== undefined) return table === alias;
  const name = nameOf(node) ?? '';
  const holders = sources.filter(({ columns }) => columns === undefined || columns.has(name));
  return holders.length === 1 && holders[0]?.alias === alias;
}

/** References to columns in a part of a query, but not inside of aggregates and subqueries. */
function* columnsIn(node: unknown): Generator<ReferenceNode> {
  if (typeof node !== 'object' || node === null) return;
  const kind = node as OperationNode;
  if (AggregateFunctionNode.is(kind) || SelectQueryNode.is(kind)) return;
  if (ReferenceNode.is(kind)) yield kind;
  else for (const part of Object.values(node)) yield* columnsIn(part);
}
