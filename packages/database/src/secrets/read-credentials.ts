import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** A database login as a secret holds it. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** The login in a secret; throws `TypeError` when the secret is not `{"username", "password"}`, without showing what it is. */
export async function readCredentials(
  client: SecretsManagerClient,
  secretArn: string,
): Promise<Credentials> {
  const answer = await client.send(new GetSecretValueCommand({ SecretId: secretArn }));
  const credentials = parseCredentials(answer.SecretString ?? '');
  if (credentials === undefined)
    throw new TypeError(`secret ${secretArn} holds no username and password`);
  return credentials;
}

/** The login in a secret's text, or undefined when it is none. */
export function parseCredentials(text: string): Credentials | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { username, password } = value as Record<string, unknown>;
    return typeof username === 'string' && typeof password === 'string'
      ? { username, password }
      : undefined;
  } catch {
    // JSON.parse quotes the text it failed on, which here is a secret: the error must not travel.
    return undefined;
  }
}
