import { scan } from 'libpg-query';
import { refuseChange } from './pool-refusal.ts';

/** One word or sign of a statement, in lower case; positions are bytes. */
export interface Token {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A statement's text and what is to be put into it and taken out of it: all else stays as it was written. */
export interface StatementText {
  readonly bytes: Buffer;
  /** Comments are left out. */
  readonly tokens: readonly Token[];
  readonly changes: Change[];
}

interface Change {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text, cut into tokens by PostgreSQL's own scanner. */
export async function scanStatement(sql: string): Promise<StatementText> {
  const { tokens } = await scan(sql);
  return {
    bytes: Buffer.from(sql),
    tokens: tokens
      .filter(({ tokenName }) => !tokenName.endsWith('COMMENT'))
      .map(({ start, end, text }) => ({ start, end, text: text.toLowerCase() })),
    changes: [],
  };
}

/** Puts `addition` in at a position, behind what was put there before. */
export function insertText({ changes }: StatementText, at: number, addition: string): void {
  changes.push({ start: at, end: at, text: addition });
}

/** Takes the part between two positions out and returns it as it reads with the changes made inside of it. */
export function takeText(text: StatementText, start: number, end: number): string {
  const taken = changedText(text, start, end);
  const kept = text.changes.filter((change) => change.start < start || change.end > end);
  text.changes.splice(0, text.changes.length, ...kept, { start, end, text: '' });
  return taken;
}

/** The text, or a part of it, with all changes made. */
export function changedText(
  { bytes, changes }: StatementText,
  start = 0,
  end = bytes.length,
): string {
  let changed = '';
  let position = start;
  for (const change of changes.toSorted((a, b) => a.start - b.start)) {
    if (change.start < start || change.end > end) continue;
    changed += bytes.subarray(position, change.start).toString() + change.text;
    position = change.end;
  }
  return changed + bytes.subarray(position, end).toString();
}

/** The first token at or behind a position; the first of these words, where some are named. Throws `PoolRefusal` where there is none. */
export function tokenFrom(
  { tokens }: StatementText,
  position: number,
  ...words: readonly string[]
): Token {
  const found = tokens.find(
    ({ start, text }) => start >= position && (words.length === 0 || words.includes(text)),
  );
  return found ?? refuseChange();
}

/** The last token that ends at or before a position. Throws `PoolRefusal` where there is none. */
export function tokenBefore({ tokens }: StatementText, position: number): Token {
  const found = tokens.findLast(({ end }) => end <= position);
  return found ?? refuseChange();
}

/** Where the blanks before a position begin; the end of a line is none of them, because a comment may end with it. */
export function startOfBlanks({ bytes }: StatementText, position: number): number {
  let start = position;
  while (start > 0 && /[ \t]/.test(String.fromCodePoint(bytes[start - 1] ?? 0))) start -= 1;
  return start;
}

/** Where the part that begins at a position ends: before the comma or the closing bracket that does not belong to it. */
export function endOfPart({ tokens }: StatementText, position: number): number {
  let depth = 0;
  let end = position;
  for (const token of tokens) {
    if (token.start < position) continue;
    if (depth === 0 && (token.text === ',' || token.text === ')')) break;
    if (token.text === '(') depth += 1;
    if (token.text === ')') depth -= 1;
    end = token.end;
  }
  return end;
}
