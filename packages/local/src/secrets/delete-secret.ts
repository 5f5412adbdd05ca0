import { AwsError } from '../aws/aws-error.ts';
import { findBoolean, findNumber, getString } from '../aws/request-body.ts';
import type { RequestBody } from '../aws/request-body.ts';
import type { Secret } from './secret.ts';
import { findSecret, getSecret } from './secret-index.ts';
import type { SecretIndex } from './secret-index.ts';

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Schedules the deletion, or deletes at once with `ForceDeleteWithoutRecovery`; forced, a secret that is not there is deleted too, as
 * AWS has it for the sake of retries.
 */
export function deleteSecret(index: SecretIndex, body: RequestBody): object {
  const id = getString(body, 'SecretId');
  const windowDays = parseWindow(body);
  if (findBoolean(body, 'ForceDeleteWithoutRecovery') === true) return deleteNow(index, id);
  const secret = getSecret(index, id);
  if (secret.deletedAt !== undefined) {
    throw new AwsError(
      'InvalidRequestException',
      "You tried to perform the operation on a secret that's currently marked deleted.",
    );
  }
  secret.deletedAt = Date.now();
  secret.deletionDate = secret.deletedAt + windowDays * dayMs;
  return answer(secret, secret.deletionDate);
}

/** Takes a scheduled deletion back; a secret that was not scheduled stays as it is. */
export function restoreSecret(index: SecretIndex, body: RequestBody): object {
  const secret = getSecret(index, getString(body, 'SecretId'));
  delete secret.deletedAt;
  delete secret.deletionDate;
  return { ARN: secret.arn, Name: secret.name };
}

function deleteNow(index: SecretIndex, id: string): object {
  const secret = findSecret(index, id);
  if (secret === undefined) return { Name: id, DeletionDate: Date.now() / 1000 };
  index.byName.delete(secret.name);
  return answer(secret, Date.now());
}

function answer(secret: Secret, deletionDate: number): object {
  return { ARN: secret.arn, Name: secret.name, DeletionDate: deletionDate / 1000 };
}

function parseWindow(body: RequestBody): number {
  const days = findNumber(body, 'RecoveryWindowInDays');
  if (days !== undefined && findBoolean(body, 'ForceDeleteWithoutRecovery') === true) {
    throw new AwsError(
      'InvalidParameterException',
      "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
    );
  }
  if (days === undefined || (days >= 7 && days <= 30)) return days ?? 30;
  throw new AwsError(
    'InvalidParameterException',
    'The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).',
  );
}
