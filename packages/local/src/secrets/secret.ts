import { randomInt } from 'node:crypto';
import { AwsError } from '../aws/aws-error.ts';

/** One version of a secret's value. `secretBinary` is base64; times are milliseconds since 1970. */
export interface SecretVersion {
  secretString?: string;
  secretBinary?: string;
  stages: string[];
  readonly createdAt: number;
}

/** A secret as the store keeps it. Once `deletionDate` has passed, it is gone. */
export interface Secret {
  readonly name: string;
  readonly arn: string;
  description?: string;
  kmsKeyId?: string;
  tags: { Key: string; Value: string }[];
  readonly createdAt: number;
  changedAt: number;
  deletedAt?: number;
  deletionDate?: number;
  versions: Record<string, SecretVersion>;
}

/** Where secrets live: part of their ARNs. */
export interface SecretsPlace {
  readonly region: string;
  readonly accountId: string;
}

/** What a version holds: text or base64 bytes. */
export type SecretValue = Pick<SecretVersion, 'secretString' | 'secretBinary'>;

const suffixCharacters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A secret without a value, under an ARN that no earlier secret of this name had. */
export function newSecret(name: string, place: SecretsPlace): Secret {
  const suffix = Array.from({ length: 6 }, () =>
    suffixCharacters.charAt(randomInt(suffixCharacters.length)),
  ).join('');
  const arn = `arn:aws:secretsmanager:${place.region}:${place.accountId}:secret:${name}-${suffix}`;
  const now = Date.now();
  return { name, arn, tags: [], createdAt: now, changedAt: now, versions: {} };
}

/**
 * Adds a version. The same id with the same value changes nothing; with another value it throws `ResourceExistsException`. A version
 * that loses its last stage is dropped, as AWS does with deprecated ones.
 */
export function addVersion(
  secret: Secret,
  version: {
    readonly id: string;
    readonly value: SecretValue;
    readonly stages?: readonly string[];
  },
): void {
  const existing = secret.versions[version.id];
  if (existing !== undefined) {
    assertSameValue(existing, version.value, version.id);
    return;
  }
  secret.versions[version.id] = { ...version.value, stages: [], createdAt: Date.now() };
  for (const stage of version.stages ?? ['AWSCURRENT']) moveStage(secret, stage, version.id);
  secret.changedAt = Date.now();
  for (const [id, { stages }] of Object.entries(secret.versions)) {
    if (stages.length === 0) delete secret.versions[id];
  }
}

/** The version with this id or, without one, with this stage. */
export function findVersion(
  secret: Secret,
  wanted: { readonly id?: string | undefined; readonly stage?: string | undefined },
): { readonly id: string; readonly version: SecretVersion } | undefined {
  const { id, stage = id === undefined ? 'AWSCURRENT' : undefined } = wanted;
  const found = Object.entries(secret.versions).find(
    ([candidate, version]) =>
      (id === undefined || candidate === id) &&
      (stage === undefined || version.stages.includes(stage)),
  );
  return found && { id: found[0], version: found[1] };
}

function moveStage(secret: Secret, stage: string, toId: string): void {
  const holder = findVersion(secret, { stage });
  if (holder?.id === toId) return;
  if (holder !== undefined) removeStage(holder.version, stage);
  if (holder !== undefined && stage === 'AWSCURRENT') moveStage(secret, 'AWSPREVIOUS', holder.id);
  secret.versions[toId]?.stages.push(stage);
}

function removeStage(version: SecretVersion, stage: string): void {
  version.stages = version.stages.filter((other) => other !== stage);
}

function assertSameValue(existing: SecretVersion, value: SecretValue, id: string): void {
  if (
    existing.secretString === value.secretString &&
    existing.secretBinary === value.secretBinary
  ) {
    return;
  }
  throw new AwsError(
    'ResourceExistsException',
    `You can't use ClientRequestToken ${id} because that value is already in use for a version with a different value.`,
  );
}
