import { nodeOf, nodesOf, textOf, unwrap, type SyntaxNode } from '../effects/syntax-tree.ts';

/** PostgreSQL keeps so many bytes of a name. */
const maxBytes = 63;

/**
 * The name that PostgreSQL gives to a constraint or an index of these columns, as its `makeObjectName` does: `poll_title_key`; the longer
 * one of table and columns is cut where all is too long. `isTaken` says which names are: then a number follows.
 */
export function deriveName(
  { table, columns, label }: { table: string; columns: readonly string[]; label: string },
  isTaken: (name: string) => boolean,
): string {
  for (let number = 0; ; number += 1) {
    const name = makeName(table, joinNames(columns), number === 0 ? label : `${label}${number}`);
    if (!isTaken(name)) return name;
  }
}

function makeName(table: string, columns: string, label: string): string {
  let tableBytes = Buffer.byteLength(table);
  let columnBytes = Buffer.byteLength(columns);
  const separators = columns === '' ? 1 : 2;
  const available = maxBytes - separators - Buffer.byteLength(label);
  while (tableBytes + columnBytes > available) {
    if (tableBytes > columnBytes) tableBytes -= 1;
    else columnBytes -= 1;
  }
  const parts = [cutName(table, tableBytes), cutName(columns, columnBytes), label];
  return parts.filter((_, index) => index !== 1 || columns !== '').join('_');
}

/** The columns in one word; those that begin behind the length of a name are left out. */
function joinNames(columns: readonly string[]): string {
  let joined = '';
  for (const column of columns) {
    joined += joined === '' ? column : `_${column}`;
    if (Buffer.byteLength(joined) > maxBytes) break;
  }
  return joined;
}

/** As many whole characters as fit into so many bytes. */
function cutName(name: string, bytes: number): string {
  let cut = name;
  while (Buffer.byteLength(cut) > bytes) cut = Array.from(cut).slice(0, -1).join('');
  return cut;
}

/** The words by which an index's columns and expressions stand in its name; a number tells equal ones apart. */
export function indexColumnNames(elements: readonly SyntaxNode[]): string[] {
  const names: string[] = [];
  for (const element of elements) {
    const name = indexColumnName(element);
    let unique = name;
    for (let number = 1; names.includes(unique); number += 1) {
      unique = `${cutName(name, maxBytes - String(number).length)}${number}`;
    }
    names.push(unique);
  }
  return names;
}

function indexColumnName({ name, expr }: SyntaxNode): string {
  if (typeof name === 'string') return name;
  return figureName(expr)?.name ?? 'expr';
}

/** A name for an expression, and whether it is more than the name of a type. */
interface FiguredName {
  readonly name: string;
  readonly isStrong: boolean;
}

const strong = (name: string): FiguredName => ({ name, isStrong: true });

const namesOfKinds: Readonly<Record<string, string>> = {
  CoalesceExpr: 'coalesce',
  A_ArrayExpr: 'array',
  RowExpr: 'row',
  XmlSerialize: 'xmlserialize',
  GroupingFunc: 'grouping',
};

/** As PostgreSQL's `FigureColnameInternal`, for what an index may hold. */
function figureName(expression: unknown): FiguredName | undefined {
  const [kind, node] = unwrap(expression);
  const known = namesOfKinds[kind];
  if (known !== undefined) return strong(known);
  switch (kind) {
    case 'ColumnRef':
      return lastName(node['fields']);
    case 'FuncCall':
      return lastName(node['funcname']);
    case 'A_Indirection':
      return lastName(node['indirection']) ?? figureName(node['arg']);
    case 'CollateClause':
      return figureName(node['arg']);
    case 'TypeCast':
      return figureCast(node);
    case 'CaseExpr':
      return figureCase(node);
    case 'A_Expr':
      return node['kind'] === 'AEXPR_NULLIF' ? strong('nullif') : undefined;
    case 'MinMaxExpr':
      return strong(node['op'] === 'IS_GREATEST' ? 'greatest' : 'least');
    default:
      return undefined;
  }
}

function figureCast({ arg, typeName }: SyntaxNode): FiguredName | undefined {
  const figured = figureName(arg);
  if (figured?.isStrong === true) return figured;
  const type = lastName(nodeOf(typeName)['names']);
  return type === undefined ? figured : { name: type.name, isStrong: false };
}

function figureCase({ defresult }: SyntaxNode): FiguredName {
  const figured = figureName(defresult);
  return figured?.isStrong === true ? figured : { name: 'case', isStrong: false };
}

function lastName(list: unknown): FiguredName | undefined {
  const name = nodesOf(list)
    .map(textOf)
    .findLast((text) => text !== '');
  return name === undefined ? undefined : strong(name);
}
