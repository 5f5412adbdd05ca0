import { randomUUID } from 'node:crypto';
import { AwsError } from '../aws/aws-error.ts';
import { findString, getString } from '../aws/request-body.ts';
import type { RequestBody } from '../aws/request-body.ts';
import { addVersion, findVersion, newSecret } from './secret.ts';
import type { Secret, SecretValue } from './secret.ts';
import { findSecret, getLiveSecret, getSecret } from './secret-index.ts';
import type { SecretIndex } from './secret-index.ts';
import { describeSecret, getRandomPassword, listSecrets } from './secret-queries.ts';
import { deleteSecret, restoreSecret } from './delete-secret.ts';

/** One operation of the service: what it answers, and whether it changes what must be written. */
export interface SecretOperation {
  readonly changes: boolean;
  run(index: SecretIndex, body: RequestBody): object;
}

/** The operations by the name they have on the wire. */
export const secretOperations: Readonly<Record<string, SecretOperation>> = {
  CreateSecret: { changes: true, run: createSecret },
  PutSecretValue: { changes: true, run: putSecretValue },
  UpdateSecret: { changes: true, run: updateSecret },
  DeleteSecret: { changes: true, run: deleteSecret },
  RestoreSecret: { changes: true, run: restoreSecret },
  TagResource: { changes: true, run: tagResource },
  UntagResource: { changes: true, run: untagResource },
  GetSecretValue: { changes: false, run: getSecretValue },
  DescribeSecret: { changes: false, run: describeSecret },
  ListSecrets: { changes: false, run: listSecrets },
  GetRandomPassword: { changes: false, run: getRandomPassword },
};

const namePattern = /^[A-Za-z0-9/_+=.@-]{1,512}$/;
const maxValueBytes = 65_536;

function createSecret(index: SecretIndex, body: RequestBody): object {
  const name = getString(body, 'Name');
  if (!namePattern.test(name)) {
    throw new AwsError(
      'ValidationException',
      'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
    );
  }
  const value = parseValue(body);
  const id = parseToken(body);
  const existing = findSecret(index, name);
  if (existing !== undefined) return answerRepeated(existing, id, value);
  const secret = newSecret(name, index.place);
  applySettings(secret, body);
  secret.tags = parseTags(body);
  if (value !== undefined) addVersion(secret, { id, value });
  index.byName.set(name, secret);
  return { ARN: secret.arn, Name: name, ...(value !== undefined && { VersionId: id }) };
}

/** AWS answers a repeated request, known by its token and value, as it did the first one. */
function answerRepeated(secret: Secret, id: string, value: SecretValue | undefined): object {
  if (secret.deletedAt !== undefined) {
    throw new AwsError(
      'InvalidRequestException',
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    );
  }
  if (value === undefined || secret.versions[id] === undefined) {
    throw new AwsError(
      'ResourceExistsException',
      `The operation failed because the secret ${secret.name} already exists.`,
    );
  }
  addVersion(secret, { id, value });
  return { ARN: secret.arn, Name: secret.name, VersionId: id };
}

function putSecretValue(index: SecretIndex, body: RequestBody): object {
  const secret = getLiveSecret(index, getString(body, 'SecretId'));
  const value = parseValue(body);
  if (value === undefined) {
    throw new AwsError(
      'InvalidRequestException',
      'You must provide either SecretString or SecretBinary.',
    );
  }
  const id = parseToken(body);
  const stages = body['VersionStages'] as readonly string[] | undefined;
  addVersion(secret, { id, value, ...(stages !== undefined && { stages }) });
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: id,
    VersionStages: secret.versions[id]?.stages,
  };
}

function updateSecret(index: SecretIndex, body: RequestBody): object {
  const secret = getLiveSecret(index, getString(body, 'SecretId'));
  const value = parseValue(body);
  applySettings(secret, body);
  if (value === undefined) return { ARN: secret.arn, Name: secret.name };
  const id = parseToken(body);
  addVersion(secret, { id, value });
  return { ARN: secret.arn, Name: secret.name, VersionId: id };
}

function getSecretValue(index: SecretIndex, body: RequestBody): object {
  const secret = getLiveSecret(index, getString(body, 'SecretId'));
  const id = findString(body, 'VersionId');
  const stage = findString(body, 'VersionStage');
  const found = findVersion(secret, { id, stage });
  if (found === undefined) {
    const wanted = id === undefined ? `staging label: ${stage ?? 'AWSCURRENT'}` : `version: ${id}`;
    throw new AwsError(
      'ResourceNotFoundException',
      `Secrets Manager can't find the specified secret value for ${wanted}`,
    );
  }
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: found.id,
    SecretString: found.version.secretString,
    SecretBinary: found.version.secretBinary,
    VersionStages: found.version.stages,
    CreatedDate: found.version.createdAt / 1000,
  };
}

function tagResource(index: SecretIndex, body: RequestBody): object {
  const secret = getSecret(index, getString(body, 'SecretId'));
  const added = parseTags(body);
  const keys = new Set(added.map((tag) => tag.Key));
  secret.tags = [...secret.tags.filter((tag) => !keys.has(tag.Key)), ...added];
  return {};
}

function untagResource(index: SecretIndex, body: RequestBody): object {
  const secret = getSecret(index, getString(body, 'SecretId'));
  const keys = (body['TagKeys'] ?? []) as readonly string[];
  secret.tags = secret.tags.filter((tag) => !keys.includes(tag.Key));
  return {};
}

function applySettings(secret: Secret, body: RequestBody): void {
  const description = findString(body, 'Description');
  const kmsKeyId = findString(body, 'KmsKeyId');
  if (description !== undefined) secret.description = description;
  if (kmsKeyId !== undefined) secret.kmsKeyId = kmsKeyId;
  secret.changedAt = Date.now();
}

function parseValue(body: RequestBody): SecretValue | undefined {
  const secretString = findString(body, 'SecretString');
  const secretBinary = findString(body, 'SecretBinary');
  if (secretString !== undefined && secretBinary !== undefined) {
    throw new AwsError(
      'InvalidParameterException',
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  }
  if (Buffer.byteLength(secretString ?? secretBinary ?? '') > maxValueBytes) {
    throw new AwsError(
      'ValidationException',
      `The secret value must be at most ${maxValueBytes} bytes.`,
    );
  }
  if (secretString !== undefined) return { secretString };
  return secretBinary === undefined ? undefined : { secretBinary };
}

function parseToken(body: RequestBody): string {
  const token = findString(body, 'ClientRequestToken') ?? randomUUID();
  if (token.length >= 32 && token.length <= 64) return token;
  throw new AwsError(
    'InvalidParameterException',
    'ClientRequestToken must have 32 to 64 characters.',
  );
}

function parseTags(body: RequestBody): { Key: string; Value: string }[] {
  const tags = (body['Tags'] ?? []) as { Key: string; Value: string }[];
  return tags.map(({ Key, Value }) => ({ Key, Value }));
}
