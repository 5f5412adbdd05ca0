import type { Readable, Writable } from 'node:stream';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';

interface BaseQuestion {
  /** The key of the answer. */
  readonly name: string;
  /** The flag or argument of the same meaning, as usage writes it: `--name NAME`. */
  readonly flag: string;
  readonly message: string;
  /** Whether the command cannot go on without the answer. */
  readonly isRequired: boolean;
  /**
   * Whether it is asked at all, by the answers before it.
   * @default - always
   */
  readonly isAsked?: (answers: Answers) => boolean;
}

/** Asks for a line; the answer is text. */
export interface TextQuestion extends BaseQuestion {
  readonly kind: 'text';
  readonly placeholder?: string;
  /** Stands in when nothing was typed. */
  readonly defaultValue?: string;
  /** Says why a line does not fit, before Enter is accepted. */
  readonly validate?: (value: string) => string | undefined;
}

/** Asks for one of several words; the answer is that word. */
export interface SelectQuestion extends BaseQuestion {
  readonly kind: 'select';
  readonly choices: readonly {
    readonly value: string;
    readonly hint: string;
  }[];
}

/** Asks for yes or no; the answer is a boolean. */
export interface ConfirmQuestion extends BaseQuestion {
  readonly kind: 'confirm';
  /** @default false */
  readonly initialValue?: boolean;
}

/** Asks for a secret, which is never shown; the answer is text. */
export interface PasswordQuestion extends BaseQuestion {
  readonly kind: 'password';
}

/** Something a command needs to know, and the flag that says the same. */
export type Question = TextQuestion | SelectQuestion | ConfirmQuestion | PasswordQuestion;

/** Whether somebody can be asked, and where. */
export interface Terminal {
  /** Why nobody can be asked; undefined when somebody can. */
  readonly unavailable: string | undefined;
  readonly input: Readable;
  readonly output: Writable;
}

/** The answers by the questions' names. */
export type Answers = Readonly<Record<string, string | boolean | undefined>>;

/** What `findTerminal` looks at. */
export interface TerminalOptions {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** False under `--no-input`. */
  readonly mayAsk: boolean;
}

/** The terminal a person sits at; with `--no-input`, under CI and without a terminal it says that nobody can be asked. */
export function findTerminal({ stdin, stderr, env, mayAsk }: TerminalOptions): Terminal {
  return {
    unavailable: whyUnavailable(),
    input: stdin as Readable,
    output: stderr as Writable,
  };

  function whyUnavailable(): string | undefined {
    if (!mayAsk) return '--no-input';
    if (env['CI'] !== undefined && env['CI'] !== '' && env['CI'] !== 'false') return 'CI is set';
    if (stdin.isTTY !== true || stderr.isTTY !== true) return 'no terminal';
    return undefined;
  }
}

/**
 * The answers to the questions, asked one after the other at the terminal. The one gate to all prompts: where nobody can be asked it
 * throws `CliError` INPUT_NEEDED with the flags of all required questions, and leaves the other ones unanswered. Ctrl-C throws
 * INTERRUPTED. `usage` is the command to type instead.
 */
export async function ask(
  questions: readonly Question[],
  terminal: Terminal,
  usage: string,
): Promise<Answers> {
  assertAnswerable(questions, terminal, usage);
  if (terminal.unavailable !== undefined) return {};
  const answers: Record<string, string | boolean> = {};
  for (const question of questions) {
    if (question.isAsked?.(answers) === false) continue;
    answers[question.name] = await prompt(question, terminal);
  }
  return answers;
}

/** Throws what `ask` would where nobody can be asked; for a command that has work to do before it asks. */
export function assertAnswerable(
  questions: readonly Question[],
  { unavailable }: Terminal,
  usage: string,
): void {
  const missing = questions
    .filter((question) => question.isRequired && question.isAsked?.({}) !== false)
    .map(({ flag }) => flag);
  if (unavailable !== undefined && missing.length > 0) {
    throw inputNeeded(missing, unavailable, usage);
  }
}

function inputNeeded(missing: readonly string[], reason: string, usage: string): CliError {
  return new CliError('INPUT_NEEDED', `Input needed, but nobody can be asked here (${reason}).`, {
    exitCode: exitCodes.inputNeeded,
    missing,
    next: [usage],
  });
}

async function prompt(question: Question, terminal: Terminal): Promise<string | boolean> {
  const clack = await import('@clack/prompts');
  const common = { message: question.message, input: terminal.input, output: terminal.output };
  const answer = await show();
  if (typeof answer === 'symbol') {
    throw new CliError('INTERRUPTED', 'Interrupted; nothing was changed.', {
      exitCode: exitCodes.interrupted,
    });
  }
  return answer ?? '';

  async function show(): Promise<string | boolean | symbol | undefined> {
    switch (question.kind) {
      case 'text':
        return await clack.text({ ...common, ...textOptions(question) });
      case 'select':
        return await clack.select({
          ...common,
          options: question.choices.map(({ value, hint }) => ({
            value,
            label: `${value.padEnd(10)} ${hint}`,
          })),
        });
      case 'password':
        return await clack.password({
          ...common,
          validate: (value) => (value ? undefined : 'needed'),
        });
      case 'confirm':
        return await clack.confirm({ ...common, initialValue: question.initialValue ?? false });
    }
  }
}

function textOptions({ placeholder, defaultValue, validate, isRequired }: TextQuestion): {
  placeholder?: string;
  defaultValue?: string;
  validate(value: string | undefined): string | undefined;
} {
  return {
    ...(placeholder === undefined ? {} : { placeholder }),
    ...(defaultValue === undefined ? {} : { defaultValue }),
    validate: (value = '') => {
      if (value === '') return isRequired && defaultValue === undefined ? 'needed' : undefined;
      return validate?.(value);
    },
  };
}
