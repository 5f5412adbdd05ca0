import { DataApiError } from './data-api-error.ts';

/** A statement with numbered placeholders, and the name each one had. */
export interface ParsedStatement {
  readonly text: string;
  /** One name for each placeholder, in order: a name used twice stands here twice, as the Data API binds it. */
  readonly names: readonly string[];
}

const cache = new Map<string, ParsedStatement>();
const cacheLimit = 500;

/**
 * Replaces `:name` by `$1`, `$2`, ... outside of quotes and comments; `::type` and `:=` stay. Throws `BadRequestException` for a
 * `:name` inside a dollar-quoted text: Aurora's Data API replaces it there, too, and so changes the text without a word.
 */
export function parseNamedParameters(sql: string): ParsedStatement {
  const known = cache.get(sql);
  if (known !== undefined) return known;
  const parsed = parse(sql);
  if (cache.size >= cacheLimit) cache.clear();
  cache.set(sql, parsed);
  return parsed;
}

/** What can stand in a statement, longest first; everything else is passed over character by character. */
const token = new RegExp(
  [
    String.raw`(?<line>--[^\n]*)`,
    String.raw`(?<comment>/\*)`,
    String.raw`(?<escaped>(?<![\w$])[eE]'(?:[^'\\]|\\[\s\S]|'')*(?:'|$))`,
    String.raw`(?<quoted>'[^']*(?:'|$)|"[^"]*(?:"|$))`,
    String.raw`(?<dollar>(?<![\w$\u0080-\uffff])\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)`,
    String.raw`(?<cast>::|:=)`,
    String.raw`:(?<name>[A-Za-z0-9_]+)`,
  ].join('|'),
  'g',
);

function parse(sql: string): ParsedStatement {
  const names: string[] = [];
  let text = '';
  let copied = 0;
  token.lastIndex = 0;
  for (let match = token.exec(sql); match !== null; match = token.exec(sql)) {
    const { comment, dollar, name } = match.groups ?? {};
    if (comment !== undefined) token.lastIndex = findCommentEnd(sql, match.index);
    if (dollar !== undefined) token.lastIndex = passDollarQuote(sql, match.index, dollar);
    if (name === undefined) continue;
    names.push(name);
    text += `${sql.slice(copied, match.index)}$${names.length}`;
    copied = token.lastIndex;
  }
  return { text: text + sql.slice(copied), names };
}

/** Comments nest in PostgreSQL. */
function findCommentEnd(sql: string, start: number): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = start;
  let depth = 0;
  for (let match = edge.exec(sql); match !== null; match = edge.exec(sql)) {
    depth += match[0] === '/*' ? 1 : -1;
    if (depth === 0) return edge.lastIndex;
  }
  return sql.length;
}

function passDollarQuote(sql: string, start: number, tag: string): number {
  const bodyStart = start + tag.length;
  const bodyEnd = sql.indexOf(tag, bodyStart);
  const body = sql.slice(bodyStart, bodyEnd === -1 ? undefined : bodyEnd);
  const name = /(?<!:):([A-Za-z0-9_]+)/.exec(body)?.[1];
  if (name !== undefined) {
    throw new DataApiError(
      'BadRequestException',
      `":${name}" stands inside a dollar-quoted text. The Data API takes it for a parameter and would change the text: ` +
        'pass the text as a parameter, or write it without a colon before a letter, digit or underscore.',
    );
  }
  return bodyEnd === -1 ? sql.length : bodyEnd + tag.length;
}
