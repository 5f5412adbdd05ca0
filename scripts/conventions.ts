/** One rule about the text of source files that no linter rule covers. */
interface Convention {
  readonly pattern: RegExp;
  readonly says: string;
}

const conventions: readonly Convention[] = [
  {
    pattern: /^import (?!\* as |type )[^;]*? from 'zod';/gm,
    says: `write import * as z from 'zod': a named import takes the whole library into the bundle`,
  },
  {
    pattern: /\bnew URL\([^)]*\b(?<![-/'])(host|hostHeader|hostName|domainName)\b(?!-)/g,
    says: 'a host name is compared as text, never parsed with new URL()',
  },
  {
    pattern: /^enum |^export enum |^namespace /gm,
    says: 'Node runs these files by stripping types: no enum, no namespace',
  },
];

/** Names that say nothing about what a file holds. */
const vagueNames = /(^|\/)(utils?|helpers?|common|misc|types)(\/|\.ts$)/;

/** What a file's path and text break, as `file:line: rule`. */
export function findConventionProblems(file: string, source: string): string[] {
  const problems = conventions.flatMap(({ pattern, says }) =>
    [...source.matchAll(pattern)].map((match) => `${file}:${lineOf(source, match.index)}: ${says}`),
  );
  return vagueNames.test(file)
    ? [...problems, `${file}:1: name the file after what it holds`]
    : problems;
}

function lineOf(source: string, index: number): number {
  return source.slice(0, index).split('\n').length;
}
