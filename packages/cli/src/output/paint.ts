import { styleText } from 'node:util';
import type { TextStream } from '../context.ts';

type Colour = 'green' | 'red' | 'yellow' | 'dim' | 'bold';

/** Colours text for one stream; NO_COLOR, FORCE_COLOR, TERM=dumb and a stream that is no terminal are obeyed. */
export type Paint = (colour: Colour, text: string) => string;

/** The `Paint` for a stream under an environment. */
export function paintFor(
  stream: TextStream,
  env: Readonly<Record<string, string | undefined>>,
): Paint {
  const isWanted = hasColour(stream, env);
  return (colour, text) => (isWanted ? styleText(colour, text, { validateStream: false }) : text);
}

function hasColour(stream: TextStream, env: Readonly<Record<string, string | undefined>>): boolean {
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false;
  if (env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0') return true;
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}
