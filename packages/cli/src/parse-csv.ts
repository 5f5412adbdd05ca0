/** One record of a CSV text, and the 1-based line it begins on. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

const token = /"((?:[^"]|"")*)"|([^",\r\n]*)/y;

/**
 * The records of a CSV text after RFC 4180: commas, double quotes around cells with commas, quotes or line breaks. Blank lines are left
 * out. A quote that does not end takes the rest of the text into its cell.
 */
export function parseCsv(text: string): CsvRecord[] {
  const source = text.replace(/^\uFEFF/, '');
  const records: CsvRecord[] = [];
  let at = 0;
  let line = 1;
  while (at < source.length) {
    const begin = at;
    const { cells, end } = readRecord(source, at);
    if (cells.length > 1 || cells[0]?.trim() !== '') records.push({ line, cells });
    at = end;
    line += source.slice(begin, end).split('\n').length - 1;
  }
  return records;
}

function readRecord(source: string, start: number): { cells: string[]; end: number } {
  const cells: string[] = [];
  let at = start;
  for (;;) {
    const { cell, end } = readCell(source, at);
    cells.push(cell);
    if (source[end] !== ',') return { cells, end: afterLineBreak(source, end) };
    at = end + 1;
  }
}

function readCell(source: string, at: number): { cell: string; end: number } {
  token.lastIndex = at;
  const [whole = '', quoted, bare = ''] = token.exec(source) ?? [];
  const cell = quoted === undefined ? bare : quoted.replaceAll('""', '"');
  const end = at + whole.length;
  if (end >= source.length || [',', '\r', '\n'].includes(source[end] ?? '')) return { cell, end };
  // A quote within a bare cell, or text behind a quoted one: taken as it stands, up to the next comma or line break.
  const rest = /^[^,\r\n]*/.exec(source.slice(end))?.[0] ?? '';
  return { cell: `${source.slice(at, end)}${rest}`, end: end + rest.length };
}

function afterLineBreak(source: string, at: number): number {
  if (source[at] === '\r' && source[at + 1] === '\n') return at + 2;
  return at + 1;
}
