import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { TenantId } from '@tenantry/tenancy';
import type { CacheTable } from './cache-table.ts';
import { DynamoDbTable } from './dynamo-db-table.ts';

/** Where AWS' services are and how to sign in to them. @default - the process's environment says */
export interface CachePlace extends Pick<
  DynamoDBClientConfig,
  'endpoint' | 'region' | 'credentials'
> {
  /** Milliseconds after which a call without an answer is given up; calls that may be repeated are sent three times. @default 5000 */
  readonly timeoutMs?: number;
}

/** The table of all tenants' caches, and the role that a tenant's credentials are made of. */
export interface CacheTableAddress {
  readonly tableName: string;
  readonly roleArn: string;
}

/** Opens tenants' tables: each with credentials of its own, which are fetched with the first call and renewed before they end. */
export function createTenantTables(
  { tableName, roleArn }: CacheTableAddress,
  { timeoutMs = 5000, ...place }: CachePlace,
): (tenantId: TenantId) => CacheTable {
  const requestHandler = {
    connectionTimeout: timeoutMs,
    requestTimeout: timeoutMs,
    throwOnRequestTimeout: true,
  };
  const sts = new STSClient({ ...place, requestHandler });
  return (tenantId) => {
    const config: DynamoDBClientConfig = {
      ...place,
      credentials: async () => await assumeTenantRole(sts, { roleArn, tenantId }),
      // All tenants share connections; a request is signed, a connection is not.
      requestHandler: sts.config.requestHandler,
    };
    const client = new DynamoDBClient(config);
    const countingClient = new DynamoDBClient({
      ...config,
      credentials: client.config.credentials,
      maxAttempts: 1,
    });
    return new DynamoDbTable({ tableName, tenantId, client, countingClient });
  };
}

/** Credentials that reach the values of one tenant: the role's policy compares the tag with each key. */
export async function assumeTenantRole(
  sts: STSClient,
  { roleArn, tenantId }: { readonly roleArn: string; readonly tenantId: TenantId },
) {
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({
      RoleArn: roleArn,
      RoleSessionName: `tenant-${tenantId}`,
      Tags: [{ Key: 'tenant', Value: tenantId }],
    }),
  );
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials ?? {};
  if (AccessKeyId === undefined || SecretAccessKey === undefined || Expiration === undefined)
    throw new TypeError('AssumeRole answered without credentials');
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    expiration: Expiration,
    ...(SessionToken !== undefined && { sessionToken: SessionToken }),
  };
}
