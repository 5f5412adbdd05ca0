const gap = '  ';
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Columns without borders, as wide as their widest cell; the head in capitals. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head.map((cell) => cell.toUpperCase()), ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => widthOf(line[column]))));
  return lines.map((line) => formatLine(line, widths)).join('\n');
}

/** The same as comma-separated values by RFC 4180, with the head as the first line. */
export function formatCsv(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, ...rows].map((line) => line.map(escapeCsv).join(',')).join('\n');
}

function formatLine(line: readonly string[], widths: readonly number[]): string {
  return line
    .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)))
    .join(gap)
    .trimEnd();
}

function widthOf(cell = ''): number {
  return [...graphemes.segment(cell)].length;
}

function escapeCsv(cell: string): string {
  return /[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
