import type { Session } from '../session.ts';
import { formatCsv, formatTable } from './format-table.ts';

/** A list of things, and how each form of output shows it. */
export interface ListAnswer<Item> {
  /** The list's name in the answer under `-o json`. */
  readonly name: string;
  readonly items: readonly Item[];
  readonly head: readonly string[];
  /** The cells of an item, for people and spreadsheets. */
  readonly row: (item: Item) => readonly string[];
  /** An item as JSON. @default - as it is */
  readonly json?: (item: Item) => object;
  /** What else the answer under `-o json` says. */
  readonly facts?: Readonly<Record<string, unknown>>;
  /** Lines above the table. */
  readonly title?: string;
  /** Stands in for the table of an empty list. */
  readonly empty?: string;
  /** Lines below the table. */
  readonly footer?: string;
}

/** Writes a list in the form that was asked for: a table, one JSON object, a JSON object a line, or comma-separated values. */
export function printList<Item>(answer: ListAnswer<Item>, session: Session): void {
  const { name, items, head, row, facts = {} } = answer;
  const json = answer.json ?? ((item: Item) => item as object);
  switch (session.format) {
    case 'json':
      return session.printJson({ ...facts, [name]: items.map(json) });
    case 'ndjson':
      for (const item of items) session.printJson({ ...json(item) });
      return;
    case 'csv':
      return session.print(formatCsv(head, items.map(row)));
    case 'table':
      if (answer.title !== undefined) session.print(`${answer.title}\n`);
      if (items.length > 0) session.print(formatTable(head, items.map(row)));
      else if (answer.empty !== undefined) session.print(answer.empty);
      if (answer.footer !== undefined) session.print(`\n${answer.footer}`);
  }
}
