import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  RestoreSecretCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { createHash } from 'node:crypto';
import { schemaNameOf, type TenantId } from '@tenantry/tenancy';

const passwordLength = 40;

/**
 * Makes sure that a tenant has a secret with user name and password, and answers its ARN. The password is made by Secrets Manager and
 * goes nowhere else. A secret that exists is kept, one that waits for its deletion is brought back.
 */
export async function ensureTenantSecret(
  client: SecretsManagerClient,
  id: TenantId,
  options: { readonly prefix: string; readonly stage: string },
): Promise<string> {
  const name = `${options.prefix}${id}`;
  const existing = await findSecret(client, name);
  if (existing !== undefined) return existing;
  try {
    return await createSecret(client, { name, id, stage: options.stage });
  } catch (error) {
    const isThere =
      isNamed(error, 'ResourceExistsException') || isNamed(error, 'InvalidRequestException');
    const found = isThere ? await findSecret(client, name) : undefined;
    if (found === undefined) throw error;
    return found;
  }
}

/** Deletes a tenant's secret at once, without a time in which its name would stay taken. No secret is no error. */
export async function deleteTenantSecret(
  client: SecretsManagerClient,
  id: TenantId,
  options: { readonly prefix: string },
): Promise<void> {
  try {
    await client.send(
      new DeleteSecretCommand({
        SecretId: `${options.prefix}${id}`,
        ForceDeleteWithoutRecovery: true,
      }),
    );
  } catch (error) {
    if (!isNamed(error, 'ResourceNotFoundException')) throw error;
  }
}

async function findSecret(client: SecretsManagerClient, name: string): Promise<string | undefined> {
  try {
    const secret = await client.send(new DescribeSecretCommand({ SecretId: name }));
    if (secret.DeletedDate !== undefined)
      await client.send(new RestoreSecretCommand({ SecretId: name }));
    return secret.ARN;
  } catch (error) {
    if (isNamed(error, 'ResourceNotFoundException')) return undefined;
    throw error;
  }
}

async function createSecret(
  client: SecretsManagerClient,
  secret: { readonly name: string; readonly id: TenantId; readonly stage: string },
): Promise<string> {
  const random = await client.send(
    new GetRandomPasswordCommand({ PasswordLength: passwordLength, ExcludePunctuation: true }),
  );
  const created = await client.send(
    new CreateSecretCommand({
      Name: secret.name,
      ClientRequestToken: versionToken(secret.name),
      Description: 'Database login of one tenant',
      SecretString: JSON.stringify({
        username: schemaNameOf(secret.id),
        password: random.RandomPassword,
      }),
      Tags: [
        { Key: 'tenantry:stage', Value: secret.stage },
        { Key: 'tenantry:tenant', Value: secret.id },
      ],
    }),
  );
  if (created.ARN === undefined) throw new TypeError('Secrets Manager answered without an ARN');
  return created.ARN;
}

// Two attempts at once send one token with two passwords; Secrets Manager keeps the first and refuses the second.
function versionToken(name: string): string {
  return createHash('sha256').update(`tenant-secret ${name}`).digest('hex');
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
