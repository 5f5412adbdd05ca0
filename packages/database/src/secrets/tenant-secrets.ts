import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  RestoreSecretCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { createHash, randomUUID } from 'node:crypto';
import { schemaNameOf, type TenantId } from '@tenantry/tenancy';
import { migratorNameOf } from '../customer/customer-roles.ts';
import type { Credentials } from './read-credentials.ts';

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
  return await ensureLogin(client, {
    name: `${options.prefix}${id}`,
    username: schemaNameOf(id),
    description: 'Database login of one tenant',
    id,
    stage: options.stage,
  });
}

/** The same for the login that changes a tenant's tables in a customer's database. */
export async function ensureMigratorSecret(
  client: SecretsManagerClient,
  id: TenantId,
  options: { readonly prefix: string; readonly stage: string },
): Promise<string> {
  return await ensureLogin(client, {
    name: migratorSecretName(options.prefix, id),
    username: migratorNameOf(id),
    description: "Login for migrations in a customer's database",
    id,
    stage: options.stage,
  });
}

/** Deletes that login's secret at once. No secret is no error. */
export async function deleteMigratorSecret(
  client: SecretsManagerClient,
  id: TenantId,
  options: { readonly prefix: string },
): Promise<void> {
  await deleteSecret(client, migratorSecretName(options.prefix, id));
}

/**
 * Keeps the login that a customer gave for its database, under a name that nobody has had, and answers the secret's ARN. The password goes
 * nowhere else.
 */
export async function storeAdminSecret(
  client: SecretsManagerClient,
  login: Credentials,
  stage: string,
): Promise<string> {
  const created = await client.send(
    new CreateSecretCommand({
      Name: `${databaseSecretPrefix(stage)}admin/${randomUUID()}`,
      Description: 'The login that a customer gave for its database',
      SecretString: JSON.stringify({ username: login.username, password: login.password }),
      Tags: [{ Key: 'tenantry:stage', Value: stage }],
    }),
  );
  return getArn(created);
}

/** What the names of the secrets of customers' databases begin with: `admin/` and `migrator/` follow. */
export function databaseSecretPrefix(stage: string): string {
  return `tenantry/${stage}/database/`;
}

function migratorSecretName(prefix: string, id: TenantId): string {
  return `${prefix}migrator/${id}`;
}

interface LoginSecret {
  readonly name: string;
  readonly username: string;
  readonly description: string;
  readonly id: TenantId;
  readonly stage: string;
}

async function ensureLogin(client: SecretsManagerClient, secret: LoginSecret): Promise<string> {
  const existing = await findSecret(client, secret.name);
  if (existing !== undefined) return existing;
  try {
    return await createSecret(client, secret);
  } catch (error) {
    const isThere =
      isNamed(error, 'ResourceExistsException') || isNamed(error, 'InvalidRequestException');
    const found = isThere ? await findSecret(client, secret.name) : undefined;
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
  await deleteSecret(client, `${options.prefix}${id}`);
}

/** Deletes the secret with this name or ARN at once. No secret is no error. */
export async function deleteSecret(client: SecretsManagerClient, secretId: string): Promise<void> {
  try {
    await client.send(
      new DeleteSecretCommand({ SecretId: secretId, ForceDeleteWithoutRecovery: true }),
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

async function createSecret(client: SecretsManagerClient, secret: LoginSecret): Promise<string> {
  const random = await client.send(
    new GetRandomPasswordCommand({ PasswordLength: passwordLength, ExcludePunctuation: true }),
  );
  const created = await client.send(
    new CreateSecretCommand({
      Name: secret.name,
      ClientRequestToken: versionToken(secret.name),
      Description: secret.description,
      SecretString: JSON.stringify({
        username: secret.username,
        password: random.RandomPassword,
      }),
      Tags: [
        { Key: 'tenantry:stage', Value: secret.stage },
        { Key: 'tenantry:tenant', Value: secret.id },
      ],
    }),
  );
  return getArn(created);
}

function getArn({ ARN: arn }: { readonly ARN?: string | undefined }): string {
  if (arn === undefined) throw new TypeError('Secrets Manager answered without an ARN');
  return arn;
}

// Two attempts at once send one token with two passwords; Secrets Manager keeps the first and refuses the second.
function versionToken(name: string): string {
  return createHash('sha256').update(`tenant-secret ${name}`).digest('hex');
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
