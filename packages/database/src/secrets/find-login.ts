import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { parseCredentials, type Credentials } from './read-credentials.ts';

/** A login and the secret that it is in. */
export interface SecretLogin extends Credentials {
  readonly secretArn: string;
}

/**
 * The login in a secret, by its name or ARN; undefined when there is no such secret or the caller may not read it. Throws `TypeError` when
 * it is no login, without showing what it is.
 */
export async function findLogin(
  client: SecretsManagerClient,
  secret: string,
): Promise<SecretLogin | undefined> {
  try {
    const answer = await client.send(new GetSecretValueCommand({ SecretId: secret }));
    const credentials = parseCredentials(answer.SecretString ?? '');
    if (credentials === undefined || answer.ARN === undefined)
      throw new TypeError(`secret ${secret} holds no username and password`);
    return { ...credentials, secretArn: answer.ARN };
  } catch (error) {
    if (isNamed(error, 'ResourceNotFoundException') || isNamed(error, 'AccessDeniedException'))
      return undefined;
    throw error;
  }
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
