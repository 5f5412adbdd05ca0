import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One row of docs/acceptance.md; `proofs` are the tests that its last cell names. */
export interface AcceptanceRow {
  readonly id: string;
  readonly status: string;
  readonly proofs: readonly { readonly file: string; readonly test: string }[];
  /** Why the row cannot be read, if it cannot. */
  readonly fault?: string;
}

/** The rows there must be: letter and number of the last one. */
const sections = { A: 22, B: 30, C: 22, D: 42, E: 32 } as const;

/** Every row id there must be, A1 to E32. */
export function listExpectedIds(): string[] {
  return Object.entries(sections).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
  );
}

/** The rows of the tables in a markdown text, in their order. */
export function parseAcceptance(markdown: string): AcceptanceRow[] {
  return markdown
    .split('\n')
    .filter((line) => /^\| [A-Z]\d+ \|/.test(line))
    .map(parseRow);
}

function parseRow(line: string): AcceptanceRow {
  const cells = line
    .slice(1, line.lastIndexOf('|'))
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
  const [id = '', , status = '', , proof = ''] = cells;
  if (cells.length !== 5) {
    return { id, status, proofs: [], fault: `has ${cells.length} cells instead of 5` };
  }
  return { id, status, ...parseProofs(proof) };
}

function parseProofs(cell: string): Pick<AcceptanceRow, 'proofs' | 'fault'> {
  if (cell === '–') return { proofs: [] };
  const proofs = cell.split('<br>').map((part) => /^`([^`]+)`: (.+)$/.exec(part.trim()));
  if (proofs.includes(null)) {
    return { proofs: [], fault: 'names its proof in another form than `file`: name of the test' };
  }
  return {
    proofs: proofs.map((match) => ({
      file: match?.[1] ?? '',
      test: (match?.[2] ?? '').replaceAll('\\|', '|'),
    })),
  };
}

/** What is wrong with the rows, a sentence each; `root` is the folder that proofs' files are named from. */
export function findAcceptanceProblems(rows: readonly AcceptanceRow[], root: string): string[] {
  const expected = listExpectedIds();
  const seen = rows.map((row) => row.id);
  return [
    ...expected.filter((id) => !seen.includes(id)).map((id) => `${id}: the row is missing`),
    ...seen.filter((id) => !expected.includes(id)).map((id) => `${id}: there is no such row`),
    ...seen.filter((id, index) => seen.indexOf(id) < index).map((id) => `${id}: is there twice`),
    ...rows.flatMap((row) => findRowProblems(row, root).map((problem) => `${row.id}: ${problem}`)),
  ];
}

function findRowProblems(row: AcceptanceRow, root: string): string[] {
  if (row.fault !== undefined) return [row.fault];
  if (row.status !== 'works' && row.status !== 'planned') {
    return [`status "${row.status}" is neither works nor planned`];
  }
  if (row.status === 'works' && row.proofs.length === 0) return ['works, but names no test'];
  return row.proofs.flatMap(({ file, test }) => findProofProblem(join(root, file), file, test));
}

function findProofProblem(path: string, file: string, test: string): string[] {
  if (!existsSync(path)) return [`there is no file ${file}`];
  return hasTest(readFileSync(path, 'utf8'), test) ? [] : [`${file} has no test "${test}"`];
}

/** Whether a test file's text has a call that begins with this name, in any of the three kinds of quotes. */
export function hasTest(source: string, name: string): boolean {
  return ["'", '"', '`'].some((quote) => {
    const literal = `${quote}${name.replaceAll(quote, `\\${quote}`)}${quote}`;
    return new RegExp(`\\(\\s*${literal.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')}`).test(source);
  });
}
