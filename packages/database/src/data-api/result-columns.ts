import type { CompiledQuery } from 'kysely';
import { elementTypeOf } from './builtin-types.ts';
import { fromArrayText } from './convert-field.ts';

/** Labels of result columns that are read as text, with the type they are of. */
export type TextColumns = ReadonlyMap<string, string>;

const byQuery = new WeakMap<CompiledQuery, TextColumns>();

/** Remembers which columns of a query's result are read as text. */
export function setTextColumns(query: CompiledQuery, columns: TextColumns): void {
  byQuery.set(query, columns);
}

/** The columns of a query's result that are read as text, if there are any. */
export function findTextColumns(query: CompiledQuery): TextColumns | undefined {
  return byQuery.get(query);
}

/** The value of a column that was read as text: an array's elements, or the text itself. */
export function fromTextColumn(text: string, type: string): unknown {
  const element = elementTypeOf(type);
  return element === undefined ? text : fromArrayText(text, element);
}
