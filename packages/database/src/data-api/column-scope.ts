import {
  AliasNode,
  ColumnNode,
  IdentifierNode,
  JoinNode,
  ListNode,
  ReferenceNode,
  SelectQueryNode,
  TableNode,
  UsingNode,
  type OperationNode,
  type SelectionNode,
} from 'kysely';
import type { ColumnTypes } from './column-types.ts';

/** The type of a column, and the schema that its table was named with. */
export interface ColumnType {
  readonly name: string;
  readonly schema: string | undefined;
}

/** What a name after `from`, `join`, `into` or `using` stands for. Without columns, nothing is known of it. */
export interface Source {
  readonly alias: string | undefined;
  readonly columns: ReadonlyMap<string, ColumnType> | undefined;
}

/** What column names mean inside one query; the first source is the one written to. */
export interface ColumnScope {
  readonly sources: readonly Source[];
  /** Names of `with`, which hide tables of the same name. */
  readonly hidden: ReadonlySet<string>;
  readonly outer: ColumnScope | undefined;
}

/** The parts of a query that its column names lead to. */
interface QueryParts {
  readonly kind: string;
  readonly into?: OperationNode;
  readonly table?: OperationNode;
  readonly from?: { readonly froms: readonly OperationNode[] };
  readonly using?: OperationNode;
  readonly joins?: readonly { readonly table: OperationNode }[];
  readonly with?: { readonly expressions: readonly { readonly name: OperationNode }[] };
}

/** Opens the scope of a query inside another. */
export function openScope(
  query: QueryParts,
  outer: ColumnScope | undefined,
  types: ColumnTypes,
): ColumnScope {
  const hidden = new Set(outer?.hidden);
  for (const { name } of query.with?.expressions ?? []) {
    const table = (name as { table?: OperationNode }).table;
    const cte = table === undefined ? undefined : tableName(table).name;
    if (cte !== undefined) hidden.add(cte);
  }
  const scope = { hidden, outer };
  const sources = namedTables(query).map((node) => toSource(node, scope, types));
  const [target] = sources;
  if (query.kind === 'InsertQueryNode' && target !== undefined) {
    sources.push({ alias: 'excluded', columns: target.columns });
  }
  return { ...scope, sources };
}

function namedTables({ into, table, from, using, joins = [] }: QueryParts): OperationNode[] {
  return [into, table, ...(from?.froms ?? []), using, ...joins.map((join) => join.table)].flatMap(
    (node) => (node === undefined ? [] : flattenTables(node)),
  );
}

function flattenTables(node: OperationNode): readonly OperationNode[] {
  if (ListNode.is(node)) return node.items;
  if (UsingNode.is(node)) return node.tables;
  return JoinNode.is(node) ? [node.table] : [node];
}

function toSource(
  node: OperationNode,
  scope: Omit<ColumnScope, 'sources'>,
  types: ColumnTypes,
): Source {
  if (AliasNode.is(node)) {
    const alias = IdentifierNode.is(node.alias) ? node.alias.name : undefined;
    return { alias, columns: toSource(node.node, scope, types).columns };
  }
  if (SelectQueryNode.is(node)) {
    return { alias: undefined, columns: selectedColumns(node, scope, types) };
  }
  const { name, schema } = tableName(node);
  const isHidden = name === undefined || (schema === undefined && scope.hidden.has(name));
  const columns = isHidden ? undefined : columnsOf(types, name);
  if (columns === undefined) return { alias: name, columns: undefined };
  const entries = Object.entries(columns).map(
    ([column, type]) => [column, { name: type, schema }] as const,
  );
  return { alias: name, columns: new Map(entries) };
}

function columnsOf(types: ColumnTypes, table: string) {
  return Object.hasOwn(types, table) ? types[table] : undefined;
}

function selectedColumns(
  query: SelectQueryNode,
  { hidden, outer }: Omit<ColumnScope, 'sources'>,
  types: ColumnTypes,
): ReadonlyMap<string, ColumnType> {
  const inner = openScope(query, { sources: [], hidden, outer }, types);
  const columns = (query.selections ?? []).flatMap((selection): [string, ColumnType][] => {
    const selected = findSelected(inner, selection);
    return selected === undefined ? [] : [[selected.label, selected.type]];
  });
  return new Map(columns);
}

/** Label and type of a selection that is a column of a known type. */
export function findSelected(
  scope: ColumnScope,
  { selection }: SelectionNode,
): { readonly label: string; readonly type: ColumnType } | undefined {
  const node: OperationNode = AliasNode.is(selection) ? selection.node : selection;
  const type = findColumnType(scope, node);
  const label = AliasNode.is(selection) ? nameOf(selection.alias) : nameOf(node);
  return type === undefined || label === undefined ? undefined : { label, type };
}

/** The type of a node that names a column; undefined for any other node and where nothing is known. */
export function findColumnType(
  scope: ColumnScope | undefined,
  node: OperationNode,
): ColumnType | undefined {
  const column = nameOf(node);
  if (column === undefined) return undefined;
  const table = tableOf(node);
  return table === undefined ? findUnqualified(scope, column) : findQualified(scope, table, column);
}

function findQualified(scope: ColumnScope | undefined, table: string, column: string) {
  for (let at = scope; at !== undefined; at = at.outer) {
    const source = at.sources.find(({ alias }) => alias === table);
    if (source !== undefined) return source.columns?.get(column);
  }
  return undefined;
}

function findUnqualified(scope: ColumnScope | undefined, column: string) {
  for (let at = scope; at !== undefined; at = at.outer) {
    const found = at.sources.flatMap(({ columns }) => columns?.get(column) ?? []);
    const [first] = found;
    if (first !== undefined && found.every(({ name }) => name === first.name)) return first;
    // The column may be of a source of which nothing is known; an outer query's would then be the wrong one.
    if (found.length > 0 || at.sources.some(({ columns }) => columns === undefined))
      return undefined;
  }
  return undefined;
}

/** The name of a column in any of the nodes that name one. */
export function nameOf(node: OperationNode): string | undefined {
  if (IdentifierNode.is(node)) return node.name;
  if (ColumnNode.is(node)) return node.column.name;
  return ReferenceNode.is(node) ? nameOf(node.column) : undefined;
}

/** The table that a reference names before its column. */
export function tableOf(node: OperationNode): string | undefined {
  return ReferenceNode.is(node) && node.table ? tableName(node.table).name : undefined;
}

function tableName(node: OperationNode): { name?: string; schema: string | undefined } {
  if (!TableNode.is(node)) return { schema: undefined };
  return { name: node.table.identifier.name, schema: node.table.schema?.name };
}
