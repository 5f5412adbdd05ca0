import { findTerminal, type Terminal } from './ask.ts';
import type { CliContext } from './context.ts';
import { paintFor, type Paint } from './output/paint.ts';
import type { Platform } from './system/platform.ts';

/** The form of an answer on standard output. */
export type OutputFormat = 'table' | 'json' | 'ndjson' | 'csv';

/** Options that every command understands. */
export interface GlobalOptions {
  readonly stage?: string | undefined;
  readonly region?: string | undefined;
  readonly data?: string | undefined;
  readonly json?: true | undefined;
  readonly output?: OutputFormat | undefined;
  readonly yes?: true | undefined;
  readonly input: boolean;
  readonly debug?: true | undefined;
}

/** What one command works with: where its answer goes, who may be asked, and the system. */
export interface Session {
  readonly context: CliContext;
  readonly format: OutputFormat;
  readonly isYes: boolean;
  readonly terminal: Terminal;
  /** Colours for standard error. */
  readonly paint: Paint;
  /** Writes the answer, to standard output. */
  print(text: string): void;
  /** Writes one line of JSON, version 1, to standard output. */
  printJson(answer: Readonly<Record<string, unknown>>): void;
  /** Whether the answer is for a program: then nothing but JSON is written, to either stream. */
  readonly isMachine: boolean;
  /** Writes about the work, to standard error; nothing for a program, so that an error there is JSON alone. */
  say(text: string): void;
  /** The running system; closed after `fn`. */
  withPlatform<Result>(fn: (platform: Platform) => Promise<Result>): Promise<Result>;
}

/** The session of a command with these options. */
export function openSession(context: CliContext, options: GlobalOptions): Session {
  const format = options.json === true ? 'json' : (options.output ?? 'table');
  const isMachine = format === 'json' || format === 'ndjson';
  const { stdin, stdout, stderr, env } = context;
  return {
    context,
    format,
    isMachine,
    isYes: options.yes === true,
    terminal: findTerminal({ stdin, stderr, env, mayAsk: options.input }),
    paint: paintFor(stderr, env),
    print: (text) => void stdout.write(`${text}\n`),
    printJson: (answer) => void stdout.write(`${JSON.stringify({ v: 1, ...answer })}\n`),
    say: (text) => {
      if (!isMachine) stderr.write(`${text}\n`);
    },
    withPlatform: async (fn) => {
      const platform = await context.connect({
        cwd: context.cwd,
        env,
        signal: context.interrupted,
        ...(options.data === undefined ? {} : { data: options.data }),
        ...(options.stage === undefined ? {} : { stage: options.stage }),
        ...(options.region === undefined ? {} : { region: options.region }),
      });
      try {
        return await fn(platform);
      } finally {
        platform.close();
      }
    },
  };
}
