import { randomInt } from 'node:crypto';
import { AwsError } from '../aws/aws-error.ts';

/** What `GetRandomPassword` accepts, under its own names in lower camel case. */
export interface RandomPasswordOptions {
  /** @default 32 */
  readonly passwordLength?: number;
  /** Characters that must not appear. @default - none */
  readonly excludeCharacters?: string;
  /** @default false */
  readonly excludeLowercase?: boolean;
  /** @default false */
  readonly excludeUppercase?: boolean;
  /** @default false */
  readonly excludeNumbers?: boolean;
  /** @default false */
  readonly excludePunctuation?: boolean;
  /** @default false */
  readonly includeSpace?: boolean;
  /** Whether each allowed kind of character appears at least once. @default true */
  readonly requireEachIncludedType?: boolean;
}

const maxPasswordLength = 4096;

const lowercase = 'abcdefghijklmnopqrstuvwxyz';
const uppercase = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const numbers = '0123456789';
const punctuation = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

/**
 * A password from the system's secure random source. Throws `InvalidParameterException` when the options leave no character or too
 * little room for each kind.
 */
export function createRandomPassword(options: RandomPasswordOptions = {}): string {
  const length = options.passwordLength ?? 32;
  const kinds = allowedKinds(options);
  const required = (options.requireEachIncludedType ?? true) ? kinds : [];
  assertPossible(length, kinds, required);
  const all = kinds.join('');
  const characters = required.map(pick);
  while (characters.length < length) characters.push(pick(all));
  return shuffle(characters).join('');
}

function allowedKinds(options: RandomPasswordOptions): readonly string[] {
  const kinds = [
    options.excludeLowercase === true ? '' : lowercase,
    options.excludeUppercase === true ? '' : uppercase,
    options.excludeNumbers === true ? '' : numbers,
    options.excludePunctuation === true ? '' : punctuation,
    options.includeSpace === true ? ' ' : '',
  ];
  const excluded = new Set(options.excludeCharacters);
  return kinds
    .map((kind) =>
      Array.from(kind)
        .filter((character) => !excluded.has(character))
        .join(''),
    )
    .filter((kind) => kind !== '');
}

function assertPossible(
  length: number,
  kinds: readonly string[],
  required: readonly string[],
): void {
  if (!Number.isInteger(length) || length < 1 || length > maxPasswordLength) {
    throw new AwsError(
      'InvalidParameterException',
      `PasswordLength must be a whole number from 1 to ${maxPasswordLength}, not ${length}.`,
    );
  }
  if (kinds.length === 0 || required.length > length) {
    throw new AwsError('InvalidParameterException', 'The exclusions leave no possible password.');
  }
}

function pick(characters: string): string {
  return characters.charAt(randomInt(characters.length));
}

function shuffle(characters: string[]): string[] {
  for (let last = characters.length - 1; last > 0; last -= 1) {
    const other = randomInt(last + 1);
    const [a, b] = [characters[last] ?? '', characters[other] ?? ''];
    characters[last] = b;
    characters[other] = a;
  }
  return characters;
}
