import {
  AliasNode,
  ColumnNode,
  ReferenceNode,
  TableNode,
  type OperationNode,
  type SelectionNode,
} from 'kysely';
import { isReadAsText } from './builtin-types.ts';
import {
  findSelected,
  isSelectAll,
  nameOf,
  selectedSources,
  tableOf,
  type ColumnScope,
  type Source,
} from './column-scope.ts';

/** A column of a result: where it comes from, its type if that is known, and what the result calls it. */
export interface ResultColumn {
  readonly table: string | undefined;
  readonly column: string;
  readonly type: string | undefined;
  readonly label: string;
}

/**
 * The columns that a selection stands for; undefined when it can stay as it is, because none of them is read as text or not all are
 * known.
 */
export function findResultColumns(
  scope: ColumnScope | undefined,
  node: SelectionNode,
): readonly ResultColumn[] | undefined {
  if (scope === undefined) return undefined;
  const columns = isSelectAll(node.selection)
    ? findAllColumns(scope, tableOf(node.selection))
    : findOneColumn(scope, node);
  return columns?.some((column) => findTextType(column) !== undefined) === true
    ? columns
    : undefined;
}

/** The type of a column that must be read as text. */
export function findTextType({ type }: Pick<ResultColumn, 'type'>): string | undefined {
  return type !== undefined && isReadAsText(type) ? type : undefined;
}

/** The column by the name of its table, so that it is not taken for a column of the result. */
export function toReference({ table, column }: ResultColumn): OperationNode {
  const name = ColumnNode.create(column);
  return ReferenceNode.create(name, table === undefined ? undefined : TableNode.create(table));
}

function findAllColumns(scope: ColumnScope, table: string | undefined) {
  const sources = selectedSources(scope, table);
  if (sources.some(({ columns }) => columns === undefined)) return undefined;
  return sources.flatMap(({ alias, columns }) =>
    [...(columns ?? [])].map(([column, type]) => ({
      table: alias,
      column,
      type: type?.name,
      label: column,
    })),
  );
}

function findOneColumn(scope: ColumnScope, node: SelectionNode): ResultColumn[] | undefined {
  const selected = findSelected(scope, node);
  const reference = AliasNode.is(node.selection) ? node.selection.node : node.selection;
  const column = nameOf(reference);
  if (selected === undefined || column === undefined) return undefined;
  const table = tableOf(reference) ?? findSource(scope, column)?.alias;
  return [{ table, column, type: selected.type.name, label: selected.label }];
}

function findSource({ sources }: ColumnScope, column: string): Source | undefined {
  return sources.find(({ columns }) => columns?.has(column) === true);
}
