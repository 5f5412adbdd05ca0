import { AwsError } from '../aws/aws-error.ts';
import type { Secret, SecretsPlace } from './secret.ts';

/** All secrets by name, with the place they live in. */
export interface SecretIndex {
  readonly place: SecretsPlace;
  readonly byName: Map<string, Secret>;
}

/** The secret with this name, ARN or ARN without its random suffix, also one scheduled for deletion; expired ones are gone. */
export function findSecret(index: SecretIndex, id: string): Secret | undefined {
  const name = id.startsWith('arn:') ? id.split(':').slice(6).join(':') : id;
  const secret = index.byName.get(name) ?? index.byName.get(name.replace(/-[A-Za-z0-9]{6}$/, ''));
  if (secret === undefined) return undefined;
  if (id.startsWith('arn:') && id !== secret.arn && !secret.arn.startsWith(`${id}-`))
    return undefined;
  if (secret.deletionDate === undefined || secret.deletionDate > Date.now()) return secret;
  index.byName.delete(secret.name);
  return undefined;
}

/** The secret, also one scheduled for deletion; throws `ResourceNotFoundException`. */
export function getSecret(index: SecretIndex, id: string): Secret {
  const secret = findSecret(index, id);
  if (secret !== undefined) return secret;
  throw new AwsError(
    'ResourceNotFoundException',
    "Secrets Manager can't find the specified secret.",
  );
}

/** The secret; throws `ResourceNotFoundException`, or `InvalidRequestException` for one scheduled for deletion. */
export function getLiveSecret(index: SecretIndex, id: string): Secret {
  const secret = getSecret(index, id);
  if (secret.deletedAt === undefined) return secret;
  throw new AwsError(
    'InvalidRequestException',
    "You can't perform this operation on the secret because it was marked for deletion.",
  );
}
