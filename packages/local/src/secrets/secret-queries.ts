import { AwsError } from '../aws/aws-error.ts';
import { paginate } from '../aws/paginate.ts';
import { findBoolean, findNumber, findString, getString } from '../aws/request-body.ts';
import type { RequestBody } from '../aws/request-body.ts';
import { createRandomPassword } from './random-password.ts';
import type { RandomPasswordOptions } from './random-password.ts';
import type { Secret } from './secret.ts';
import { findSecret, getSecret } from './secret-index.ts';
import type { SecretIndex } from './secret-index.ts';

interface Filter {
  readonly Key: string;
  readonly Values: readonly string[];
}

/** `DescribeSecret`: everything but the value. */
export function describeSecret(index: SecretIndex, body: RequestBody): object {
  const secret = getSecret(index, getString(body, 'SecretId'));
  return { ...summarize(secret), VersionIdsToStages: stagesOf(secret) };
}

/** `ListSecrets`, by name; secrets scheduled for deletion only when asked for. */
export function listSecrets(index: SecretIndex, body: RequestBody): object {
  const deletedToo = findBoolean(body, 'IncludePlannedDeletion') === true;
  const filters = (body['Filters'] ?? []) as readonly Filter[];
  const secrets = [...index.byName.keys()]
    .toSorted()
    .map((name) => findSecret(index, name))
    .filter((secret) => secret !== undefined)
    .filter((secret) => deletedToo || secret.deletedAt === undefined)
    .filter((secret) => filters.every((filter) => isMatch(secret, filter)));
  const { items, nextToken } = paginate(secrets, {
    size: findNumber(body, 'MaxResults') ?? 100,
    token: findString(body, 'NextToken'),
    tokenError: 'InvalidNextTokenException',
  });
  const list = items.map((secret) => ({
    ...summarize(secret),
    SecretVersionsToStages: stagesOf(secret),
  }));
  return { SecretList: list, NextToken: nextToken };
}

/** `GetRandomPassword`. */
export function getRandomPassword(_index: SecretIndex, body: RequestBody): object {
  const options = {
    passwordLength: findNumber(body, 'PasswordLength'),
    excludeCharacters: findString(body, 'ExcludeCharacters'),
    excludeLowercase: findBoolean(body, 'ExcludeLowercase'),
    excludeUppercase: findBoolean(body, 'ExcludeUppercase'),
    excludeNumbers: findBoolean(body, 'ExcludeNumbers'),
    excludePunctuation: findBoolean(body, 'ExcludePunctuation'),
    includeSpace: findBoolean(body, 'IncludeSpace'),
    requireEachIncludedType: findBoolean(body, 'RequireEachIncludedType'),
  };
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const password = createRandomPassword(Object.fromEntries(given) as RandomPasswordOptions);
  return { RandomPassword: password };
}

function summarize(secret: Secret): object {
  return {
    ARN: secret.arn,
    Name: secret.name,
    Description: secret.description,
    KmsKeyId: secret.kmsKeyId,
    Tags: secret.tags,
    CreatedDate: secret.createdAt / 1000,
    LastChangedDate: secret.changedAt / 1000,
    DeletedDate: secret.deletedAt === undefined ? undefined : secret.deletedAt / 1000,
  };
}

function stagesOf(secret: Secret): Record<string, readonly string[]> {
  return Object.fromEntries(
    Object.entries(secret.versions).map(([id, version]) => [id, version.stages]),
  );
}

/** Values of `name` and `description` match as prefixes, and one leading `!` negates, as in AWS. */
function isMatch(secret: Secret, { Key, Values }: Filter): boolean {
  const texts = filteredTexts(secret, Key);
  return Values.some((value) => {
    const wanted = value.startsWith('!') ? value.slice(1) : value;
    const isFound = texts.some((text) => text.startsWith(wanted));
    return value.startsWith('!') ? !isFound : isFound;
  });
}

function filteredTexts(secret: Secret, key: string): readonly string[] {
  if (key === 'name') return [secret.name];
  if (key === 'description') return [secret.description ?? ''];
  if (key === 'tag-key') return secret.tags.map((tag) => tag.Key);
  if (key === 'tag-value') return secret.tags.map((tag) => tag.Value);
  throw new AwsError(
    'InvalidParameterException',
    `ListSecrets cannot filter by ${key} here. Valid: name, description, tag-key, tag-value.`,
  );
}
