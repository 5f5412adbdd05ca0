import { operations, type RowOutcome } from './type-table.ts';
import type { TypeRow } from './type-rows.ts';

/** A row with what came out of each dialect, in the order of the columns. */
export interface ReportRow {
  readonly row: TypeRow;
  readonly outcomes: readonly RowOutcome[];
}

const begin = '<!-- type table: begin -->';
const end = '<!-- type table: end -->';

/** The document with its table replaced by these rows. Throws when the marks around the table are missing. */
export function replaceTable(document: string, rows: readonly ReportRow[]): string {
  const start = document.indexOf(begin);
  const stop = document.indexOf(end);
  if (start === -1 || stop === -1) throw new Error(`no ${begin} or no ${end}`);
  return `${document.slice(0, start)}${begin}\n\n${toTable(rows)}\n\n${document.slice(stop)}`;
}

function toTable(rows: readonly ReportRow[]): string {
  const lines = rows.map(({ row: { type, title }, outcomes }) => {
    const cells = [`\`${type}\``, escape(title), ...outcomes.map(toCell)];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| type | value | `DataApiDialect` | `pgDialect` | `kysely-data-api` 2.0.0 |',
    '| --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

function toCell(outcome: RowOutcome): string {
  const wrong = operations.filter((operation) => outcome[operation] !== 'right');
  const [first] = wrong;
  if (first === undefined) return 'right';
  const isSame = wrong.every((operation) => outcome[operation] === outcome[first]);
  if (isSame) return escape(`${wrong.join(', ')}: ${outcome[first]}`);
  return escape(wrong.map((operation) => `${operation}: ${outcome[operation]}`).join('; '));
}

function escape(text: string): string {
  return text.replaceAll(/[\\|<>*_`]/g, String.raw`\$&`);
}
