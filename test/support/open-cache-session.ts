import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { LocalRuntime } from '@tenantry/local';

/** Where the caches of a running system are. */
export interface CachePlace {
  readonly endpoint: string;
  readonly region: string;
  readonly tableName: string;
  readonly roleArn: string;
}

/** Credentials as code inside of a function finds them in its environment. */
export interface FunctionCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Where the caches are, as the function `api` is told. */
export function cachePlaceOf({ stack, endpointUrl, description }: LocalRuntime): CachePlace {
  const api = stack.functions.find(({ name }) => name.endsWith('-api'));
  const { TENANTRY_CACHE_TABLE_NAME: tableName, TENANTRY_CACHE_ROLE_ARN: roleArn } =
    api?.environment ?? {};
  if (tableName === undefined || roleArn === undefined) throw new Error('api knows no cache');
  return { endpoint: endpointUrl, region: description.region, tableName, roleArn };
}

/** The credentials of a function, by the last part of its name. */
export function credentialsOf({ stack }: LocalRuntime, name: string): FunctionCredentials {
  const found = stack.functions.find((it) => it.name.endsWith(`-${name}`));
  if (found === undefined) throw new Error(`no function ${name}`);
  return { accessKeyId: found.name, secretAccessKey: 'local', sessionToken: 'local' };
}

/** A session of the cache's role with these tags. Rejects when the caller may not open it. */
export async function assumeCacheRole(
  { endpoint, region, roleArn }: CachePlace,
  credentials: FunctionCredentials,
  tags: Readonly<Record<string, string>>,
): Promise<FunctionCredentials> {
  const sts = new STSClient({ endpoint, region, credentials, maxAttempts: 1 });
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({
      RoleArn: roleArn,
      RoleSessionName: 'attacker',
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    }),
  );
  return {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
}

/** A client with these credentials that sends each call once. */
export function openDynamoDb(
  { endpoint, region }: CachePlace,
  credentials: FunctionCredentials,
): DynamoDBClient {
  return new DynamoDBClient({ endpoint, region, credentials, maxAttempts: 1 });
}
