import { benches, type Bench, type BenchName, type BenchOption } from './benches.ts';

/** What there is to be measured, a line for each benchmark. */
export function describeBenches(): string {
  const lines = Object.entries(benches).map(([name, { measures }]) => [name, measures] as const);
  return `npm run bench -- NAME [options]      NAME --help tells its options

${toColumns(lines)}
`;
}

/** What one benchmark measures, what it can be told and what it needs. */
export function describeBench(name: BenchName): string {
  const { measures, needs, options }: Bench = benches[name];
  const lines = Object.entries(options).map(
    ([key, option]) => [`--${key} ${placeOf(option)}`, saysOf(option)] as const,
  );
  const all = [...lines, ['--help', 'this text'] as const];
  return `npm run bench -- ${name}${lines.length === 0 ? '' : ' [options]'}

Measures ${measures}.
Needs ${needs}.

${toColumns(all)}
`;
}

function placeOf({ default: standard, choices }: BenchOption): string {
  if (choices !== undefined) return choices.join('|');
  if (typeof standard === 'number') return 'COUNT';
  return typeof standard === 'object' && standard.every((it) => typeof it === 'number')
    ? 'COUNT,...'
    : 'TEXT';
}

function saysOf({ default: standard, says }: BenchOption): string {
  const list = [standard].flat();
  const isEmpty = list.length === 1 && list[0] === '';
  return isEmpty
    ? `${says} (all)`
    : `${says} (${list.join(typeof list[0] === 'number' ? ',' : ' ')})`;
}

function toColumns(lines: readonly (readonly [left: string, right: string])[]): string {
  const width = Math.max(...lines.map(([left]) => left.length));
  return lines.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}
