import {
  AggregateFunctionNode,
  AliasNode,
  CaseNode,
  ColumnNode,
  FunctionNode,
  IdentifierNode,
  JoinNode,
  ListNode,
  ParensNode,
  ReferenceNode,
  SelectAllNode,
  SelectQueryNode,
  TableNode,
  UsingNode,
  type CommonTableExpressionNode,
  type OperationNode,
  type ReturningNode,
  type SelectionNode,
  type WithNode,
} from 'kysely';
import type { ColumnTypes } from './column-types.ts';

/** The type of a column, and the schema that its table was named with. */
export interface ColumnType {
  readonly name: string;
  readonly schema: string | undefined;
}

/** Columns by name; undefined for one of which only the name is known. */
type Columns = ReadonlyMap<string, ColumnType | undefined>;

/** What a name after `from`, `join`, `into` or `using` stands for. Without columns, nothing is known of it. */
export interface Source {
  readonly alias: string | undefined;
  readonly columns: Columns | undefined;
}

/** What names mean at one place of a query. */
interface Names {
  readonly types: ColumnTypes;
  /** Results named by `with`, which hide tables of the same name. */
  readonly results: ReadonlyMap<string, Columns | undefined>;
  readonly outer: ColumnScope | undefined;
}

/** What column names mean inside one query; the first source is the one written to. */
export interface ColumnScope extends Names {
  readonly sources: readonly Source[];
  /** What names mean inside each of the query's own common table expressions. */
  readonly inside: ReadonlyMap<OperationNode, ColumnScope>;
}

/** The parts of a query that its column names lead to. */
interface QueryParts {
  readonly kind: string;
  readonly into?: OperationNode;
  readonly table?: OperationNode;
  readonly from?: { readonly froms: readonly OperationNode[] };
  readonly using?: OperationNode;
  readonly joins?: readonly { readonly table: OperationNode }[];
  readonly with?: WithNode;
  readonly selections?: readonly SelectionNode[];
  readonly returning?: ReturningNode;
  readonly setOperations?: unknown;
}

/** Opens the scope of a query inside another. */
export function openScope(
  query: QueryParts,
  outer: ColumnScope | undefined,
  types: ColumnTypes,
): ColumnScope {
  const inside = new Map<OperationNode, ColumnScope>();
  const results = new Map(outer?.results);
  for (const expression of query.with?.expressions ?? []) {
    const { name } = tableName(expression.name.table);
    if (name === undefined) continue;
    if (query.with?.recursive === true) results.set(name, undefined);
    const names = { types, results: new Map(results), outer };
    inside.set(expression, { ...names, sources: [], inside: new Map() });
    results.set(name, namedResult(expression, names));
  }
  const names = { types, results, outer };
  const sources = namedTables(query).map((node) => toSource(node, names));
  const [target] = sources;
  if (query.kind === 'InsertQueryNode' && target !== undefined) {
    sources.push({ alias: 'excluded', columns: target.columns });
  }
  return { ...names, inside, sources };
}

/** The columns of a common table expression, by the names that the outer query knows them by. */
function namedResult(
  { name, expression }: CommonTableExpressionNode,
  names: Names,
): Columns | undefined {
  const columns = resultColumns(expression, names);
  const labels = name.columns?.map((column) => column.column.name);
  return labels === undefined ? columns && new Map(columns) : renamed(columns, labels);
}

function renamed(columns: ColumnList | undefined, labels: readonly string[]): Columns {
  return new Map(labels.map((label, index) => [label, columns?.[index]?.[1]]));
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

function toSource(node: OperationNode, names: Names): Source {
  if (AliasNode.is(node)) {
    const alias = IdentifierNode.is(node.alias) ? node.alias.name : undefined;
    return { alias, columns: toSource(node.node, names).columns };
  }
  if (SelectQueryNode.is(node)) {
    const columns = resultColumns(node, names);
    return { alias: undefined, columns: columns && new Map(columns) };
  }
  const { name, schema } = tableName(node);
  if (name === undefined) return { alias: undefined, columns: undefined };
  if (schema === undefined && names.results.has(name))
    return { alias: name, columns: names.results.get(name) };
  return { alias: name, columns: tableColumns(names.types, name, schema) };
}

function tableColumns(types: ColumnTypes, table: string, schema: string | undefined) {
  const columns = Object.hasOwn(types, table) ? types[table] : undefined;
  if (columns === undefined) return undefined;
  return new Map(Object.entries(columns).map(([column, name]) => [column, { name, schema }]));
}

type ColumnList = readonly (readonly [label: string, type: ColumnType | undefined])[];

/** The columns of a query's result in their order; undefined when not even all names are known, or when several queries make it. */
function resultColumns(node: OperationNode, names: Names): ColumnList | undefined {
  const query = node as QueryParts;
  const selections = query.selections ?? query.returning?.selections;
  if (selections === undefined || query.setOperations !== undefined) return undefined;
  const inner = openScope(query, { ...names, sources: [], inside: new Map() }, names.types);
  const columns = selections.map((selection) => selectedColumns(inner, selection));
  return columns.includes(undefined) ? undefined : columns.flatMap((list) => list ?? []);
}

function selectedColumns(scope: ColumnScope, { selection }: SelectionNode): ColumnList | undefined {
  if (isSelectAll(selection)) {
    const sources = selectedSources(scope, tableOf(selection));
    if (sources.some(({ columns }) => columns === undefined)) return undefined;
    return sources.flatMap(({ columns }) => [...(columns ?? [])]);
  }
  const node = AliasNode.is(selection) ? selection.node : selection;
  const label = AliasNode.is(selection) ? nameOf(selection.alias) : nameOf(node);
  return label === undefined ? undefined : [[label, findType(scope, node)]];
}

/** Whether a selection is `*` or `table.*`. */
export function isSelectAll(node: OperationNode): boolean {
  return SelectAllNode.is(node) || (ReferenceNode.is(node) && SelectAllNode.is(node.column));
}

/** The sources that `*` or, with a table's name, `table.*` stands for. */
export function selectedSources({ sources }: ColumnScope, table: string | undefined) {
  return sources.filter(
    ({ alias }) => alias !== 'excluded' && (table === undefined || alias === table),
  );
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

/** The type of a value that comes from columns: a column, or what only hands one on. Undefined where that is not known. */
export function findType(
  scope: ColumnScope | undefined,
  node: OperationNode,
): ColumnType | undefined {
  if (scope !== undefined && SelectQueryNode.is(node)) {
    const columns = resultColumns(node, { ...scope, outer: scope });
    return columns?.length === 1 ? columns[0]?.[1] : undefined;
  }
  const alternatives = alternativesOf(node);
  if (alternatives === undefined) return findColumnType(scope, node);
  const known = alternatives.flatMap((value) => findType(scope, value) ?? []);
  return known.every(({ name }) => name === known[0]?.name) ? known[0] : undefined;
}

/** The values of which the node's own value is one; undefined for a node that is not made so. */
export function alternativesOf(node: OperationNode): readonly OperationNode[] | undefined {
  if (ParensNode.is(node)) return [node.node];
  if (CaseNode.is(node)) {
    const results = (node.when ?? []).map((when) => when.result);
    return [...results, node.else].filter((value) => value !== undefined);
  }
  if (FunctionNode.is(node) && choosing.test(node.func)) return node.arguments;
  return AggregateFunctionNode.is(node) && /^(min|max)$/i.test(node.func)
    ? node.aggregated
    : undefined;
}

const choosing = /^(coalesce|nullif|greatest|least)$/i;

/** The type of a node that names a column; undefined for any other node and where nothing is known. */
function findColumnType(
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
    const found = at.sources.filter(({ columns }) => columns?.has(column) === true);
    // The column may be of a source of which nothing is known; an outer query's would then be the wrong one.
    if (found.length === 0 && at.sources.every(({ columns }) => columns !== undefined)) continue;
    const [first, ...others] = found.map(({ columns }) => columns?.get(column));
    return others.every((other) => other?.name === first?.name) ? first : undefined;
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
