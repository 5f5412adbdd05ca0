import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** A generated file as it should be. */
export interface TypeFile {
  /** From the project's root, as it is shown. */
  readonly path: string;
  readonly file: string;
  readonly text: string;
}

/** How a file on disk compares; `line` is the first that differs, `found` null where the file ends before it or is missing. */
export type TypeFileState =
  | { readonly path: string; readonly status: 'written' | 'unchanged' }
  | {
      readonly path: string;
      readonly status: 'outdated' | 'missing';
      readonly line: number;
      readonly expected: string | null;
      readonly found: string | null;
    };

/** Brings a file to its text; one that has it already keeps its time of change. */
export function writeTypeFile(wanted: TypeFile): TypeFileState {
  const { path, file, text } = wanted;
  if (compareTypeFile(wanted).status === 'unchanged') return { path, status: 'unchanged' };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return { path, status: 'written' };
}

/** Compares a file with its text and writes nothing. */
export function compareTypeFile({ path, file, text }: TypeFile): TypeFileState {
  const isThere = existsSync(file);
  const found = isThere ? readFileSync(file, 'utf8') : '';
  if (isThere && found === text) return { path, status: 'unchanged' };
  const [expectedLines, foundLines] = [text.split('\n'), isThere ? found.split('\n') : []];
  const count = Math.max(expectedLines.length, foundLines.length);
  let index = 0;
  while (index < count && expectedLines[index] === foundLines[index]) index += 1;
  return {
    path,
    status: isThere ? 'outdated' : 'missing',
    line: index + 1,
    expected: expectedLines[index] ?? null,
    found: foundLines[index] ?? null,
  };
}
