import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { AwsError } from '../aws/aws-error.ts';
import { parseRequestBody } from '../aws/request-body.ts';
import { LocalError } from '../errors.ts';
import { createRandomPassword } from './random-password.ts';
import type { RandomPasswordOptions } from './random-password.ts';
import { addVersion, findVersion, newSecret } from './secret.ts';
import type { Secret, SecretsPlace } from './secret.ts';
import { findSecret } from './secret-index.ts';
import type { SecretIndex } from './secret-index.ts';
import { secretOperations } from './secret-operations.ts';
import { writeFileAtomically, writeFileAtomicallySync } from './write-file-atomically.ts';

/** How the value of a secret is made up when it does not exist yet; the rules of CloudFormation's `GenerateSecretString`. */
export interface GenerateSecret extends RandomPasswordOptions {
  /** Field `username` of the value. @default - no such field */
  readonly username?: string;
  /** JSON object with further fields of the value. @default - none */
  readonly template?: string;
  /** Field that gets the random password. @default 'password' when there are other fields; else the value is the password itself */
  readonly key?: string;
}

/** A secret the runtime itself needs: with a given value, or with one made up the first time. */
export interface EnsureSecretOptions {
  readonly name: string;
  readonly generate?: GenerateSecret;
  readonly value?: string;
}

/** A secret's current value. */
export interface SecretReading {
  readonly arn: string;
  readonly name: string;
  readonly secretString: string;
  readonly versionId: string;
}

/** Secrets Manager on a laptop: kept in one file that only its owner can read. */
export interface SecretsStore {
  /** Answers one operation of the wire; throws `AwsError`. What it changed is on the disk when the answer is there. */
  handle(action: string, body: unknown): Promise<object>;
  /** The ARN of the named secret, made if it does not exist; a given value that differs becomes its new version. */
  ensureSecret(options: EnsureSecretOptions): string;
  /** Whether the name is taken, also by a secret scheduled for deletion. */
  has(name: string): boolean;
  /** The current value of a secret, by ARN or name; undefined if there is none or it is scheduled for deletion. */
  read(id: string): SecretReading | undefined;
  /** Resolves when everything is written. */
  close(): Promise<void>;
}

const layout = 1;

/** Opens the store kept in `file`, made with the first secret. Throws `LocalError` for a file that is no store. */
export function openSecretsStore(
  file: string,
  place: SecretsPlace = { region: 'us-east-1', accountId: '000000000000' },
): SecretsStore {
  return new FileSecretsStore(file, { place, byName: readSecrets(file) });
}

class FileSecretsStore implements SecretsStore {
  readonly #file: string;
  readonly #index: SecretIndex;
  #lastWrite: Promise<void> = Promise.resolve();
  #nextWrite: Promise<void> | undefined;
  #syncWrites = 0;

  constructor(file: string, index: SecretIndex) {
    this.#file = file;
    this.#index = index;
  }

  async handle(action: string, body: unknown): Promise<object> {
    const operation = Object.hasOwn(secretOperations, action)
      ? secretOperations[action]
      : undefined;
    if (operation === undefined) {
      throw new AwsError(
        'UnknownOperationException',
        `Secrets Manager has no operation ${action} here.`,
      );
    }
    const answer = operation.run(this.#index, parseRequestBody(body));
    if (operation.changes) await this.#write();
    return answer;
  }

  ensureSecret(options: EnsureSecretOptions): string {
    const existing = findSecret(this.#index, options.name);
    const secret = existing ?? newSecret(options.name, this.#index.place);
    const isChanged = restore(secret) || setValue(secret, options);
    this.#index.byName.set(secret.name, secret);
    if (isChanged || existing === undefined) this.#writeNow();
    return secret.arn;
  }

  has(name: string): boolean {
    return findSecret(this.#index, name)?.name === name;
  }

  read(id: string): SecretReading | undefined {
    const secret = findSecret(this.#index, id);
    if (secret === undefined || secret.deletedAt !== undefined) return undefined;
    const current = findVersion(secret, {});
    if (current?.version.secretString === undefined) return undefined;
    const { arn, name } = secret;
    return { arn, name, secretString: current.version.secretString, versionId: current.id };
  }

  async close(): Promise<void> {
    await (this.#nextWrite ?? this.#lastWrite);
  }

  /** All changes that arrive while one write is under way share the next one. */
  #write(): Promise<void> {
    if (this.#nextWrite !== undefined) return this.#nextWrite;
    const start = (): Promise<void> => {
      this.#nextWrite = undefined;
      this.#lastWrite = this.#writeOnce();
      return this.#lastWrite;
    };
    this.#nextWrite = this.#lastWrite.then(start, start);
    return this.#nextWrite;
  }

  async #writeOnce(): Promise<void> {
    const syncWrites = this.#syncWrites;
    await writeFileAtomically(this.#file, this.#serialize());
    // A synchronous write that came in between is newer than what was just put over it.
    if (syncWrites !== this.#syncWrites) await this.#writeOnce();
  }

  #writeNow(): void {
    this.#syncWrites += 1;
    writeFileAtomicallySync(this.#file, this.#serialize());
  }

  #serialize(): string {
    return JSON.stringify({ v: layout, secrets: [...this.#index.byName.values()] });
  }
}

function restore(secret: Secret): boolean {
  if (secret.deletedAt === undefined) return false;
  delete secret.deletedAt;
  delete secret.deletionDate;
  return true;
}

function setValue(secret: Secret, options: EnsureSecretOptions): boolean {
  const current = findVersion(secret, {})?.version.secretString;
  const isKept = options.value === undefined ? current !== undefined : current === options.value;
  if (isKept) return false;
  const secretString = options.value ?? generateValue(options.generate ?? {});
  addVersion(secret, { id: randomUUID(), value: { secretString } });
  return true;
}

function generateValue({ username, template, key, ...rules }: GenerateSecret): string {
  const password = createRandomPassword(rules);
  if (username === undefined && template === undefined && key === undefined) return password;
  const fields = JSON.parse(template ?? '{}') as Record<string, unknown>;
  return JSON.stringify({
    ...fields,
    ...(username !== undefined && { username }),
    [key ?? 'password']: password,
  });
}

function readSecrets(file: string): Map<string, Secret> {
  mkdirSync(dirname(file), { recursive: true });
  if (!existsSync(file)) return new Map();
  const content = parseContent(readFileSync(file, 'utf8'));
  if (content?.v === layout) return new Map(content.secrets.map((secret) => [secret.name, secret]));
  throw new LocalError(
    'LOCAL_DATA_UNREADABLE',
    `${file} is not a store of secrets of layout ${layout}.`,
    {
      next: 'restore the file from a copy, or start with another --data DIR',
    },
  );
}

/** The parser's own error would quote the file, and with it a secret. */
function parseContent(text: string): { v: number; secrets: Secret[] } | undefined {
  try {
    return JSON.parse(text) as { v: number; secrets: Secret[] };
  } catch {
    return undefined;
  }
}
