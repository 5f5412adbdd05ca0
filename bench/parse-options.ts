import { parseArgs } from 'node:util';
import {
  benches,
  type Bench,
  type BenchName,
  type BenchOption,
  type OptionsOf,
  type OptionValue,
} from './benches.ts';

/** A command line that a benchmark does not understand; the sentence says what it would. */
export class BenchUsageError extends TypeError {
  override readonly name = 'BenchUsageError';
}

/** The options of a benchmark from its command line. Throws `BenchUsageError`. */
export function parseOptions<Name extends BenchName>(
  name: Name,
  args: readonly string[],
): OptionsOf<Name> {
  const { options }: Bench = benches[name];
  const given = parseGiven(args, options);
  return Object.fromEntries(
    Object.entries(options).map(([key, option]) => {
      const texts = given[key];
      return [key, texts === undefined ? option.default : parseValue(key, texts, option)];
    }),
  ) as OptionsOf<Name>;
}

function parseGiven(
  args: readonly string[],
  options: Bench['options'],
): Readonly<Record<string, readonly string[] | undefined>> {
  const texts = Object.keys(options).map(
    (key) => [key, { type: 'string', multiple: true }] as const,
  );
  try {
    return parseArgs({ args: [...args], options: Object.fromEntries(texts) }).values;
  } catch (error) {
    // parseArgs goes on about positional arguments, of which a benchmark has none.
    if (error instanceof TypeError) throw new BenchUsageError(error.message.replace(/\.\s.*/s, ''));
    throw error;
  }
}

function parseValue(key: string, texts: readonly string[], option: BenchOption): OptionValue {
  const { default: standard, choices } = option;
  const last = texts.at(-1) ?? '';
  if (typeof standard === 'number') return parseCount(key, last);
  if (typeof standard === 'string') return parseText(key, last, choices);
  if (standard.every((it) => typeof it === 'number'))
    return last.split(',').map((text) => parseCount(key, text));
  return texts;
}

function parseCount(key: string, text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new BenchUsageError(
    `--${key} is ${JSON.stringify(text)}, allowed are whole numbers from 1`,
  );
}

function parseText(key: string, text: string, choices: BenchOption['choices']): string {
  if (choices === undefined || choices.includes(text)) return text;
  throw new BenchUsageError(
    `--${key} is ${JSON.stringify(text)}, allowed is ${choices.join(' or ')}`,
  );
}
