import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalTable } from './dynamo-db/table-store.ts';
import type { LocalRole } from './iam/access-keys.ts';
import type { PolicyStatement } from './iam/policy-statement.ts';

/** How a cache for tests is opened. */
export interface TestCacheOptions {
  /** A folder that keeps the items when the cache is closed. @default - a temporary one, which is removed */
  readonly dir?: string;
}

/** The cache's services for tests; `close` ends them. */
export interface TestCache {
  /** Where the services are, and the credentials of a function that may open tenants' sessions. */
  readonly place: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  readonly tableName: string;
  /** The role whose sessions reach the items of the tenant that they are tagged with. */
  readonly roleArn: string;
  close(): Promise<void>;
}

const region = 'us-east-1';
const accountId = '000000000000';
const functionName = 'test-function';

const table: LocalTable = {
  name: 'tenantry-test-cache',
  arn: `arn:aws:dynamodb:${region}:${accountId}:table/tenantry-test-cache`,
  keySchema: [
    { AttributeName: 'tenant', KeyType: 'HASH' },
    { AttributeName: 'key', KeyType: 'RANGE' },
  ],
  attributeDefinitions: [
    { AttributeName: 'tenant', AttributeType: 'S' },
    { AttributeName: 'key', AttributeType: 'S' },
  ],
};

const cacheRoleArn = `arn:aws:iam::${accountId}:role/test-cache`;
const functionRoleArn = `arn:aws:iam::${accountId}:role/test-function`;
const assuming = ['sts:AssumeRole', 'sts:TagSession'];

function allow(statement: Partial<PolicyStatement>): PolicyStatement {
  return {
    effect: 'Allow',
    actions: [],
    resources: [],
    principals: [],
    conditions: [],
    ...statement,
  };
}

const functionRole: LocalRole = {
  name: 'test-function',
  arn: functionRoleArn,
  trust: [],
  statements: [allow({ actions: assuming, resources: [cacheRoleArn] })],
};

const cacheRole: LocalRole = {
  name: 'test-cache',
  arn: cacheRoleArn,
  trust: [
    allow({
      actions: assuming,
      principals: [functionRoleArn],
      conditions: [{ operator: 'StringLike', key: 'aws:RequestTag/tenant', values: ['?*'] }],
    }),
  ],
  statements: [
    allow({
      actions: ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query', 'BatchWriteItem'].map(
        (action) => `dynamodb:${action}`,
      ),
      resources: [table.arn],
      conditions: [
        {
          operator: 'ForAllValues:StringEquals',
          key: 'dynamodb:LeadingKeys',
          values: ['${aws:PrincipalTag/tenant}'],
        },
      ],
    }),
  ],
};

/** Opens a table, and the role that cuts its rights by tenant, on a free port of the loopback address. */
export async function openTestCache(options: TestCacheOptions = {}): Promise<TestCache> {
  // Loaded late, as in `startLocal`.
  const { startAwsEndpoint } = await import('./aws/aws-endpoint.ts');
  const { createDynamoDb } = await import('./dynamo-db/dynamo-db.ts');
  const { createAccessKeys } = await import('./iam/access-keys.ts');
  const { createSts } = await import('./iam/sts.ts');
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'tenantry-cache-')));
  const roles = [functionRole, cacheRole];
  const keys = createAccessKeys({
    accountId,
    findFunctionRole: (name) => (name === functionName ? functionRole : undefined),
  });
  const dynamoDb = createDynamoDb({ dir: join(dir, 'tables'), tables: [table], keys });
  const sts = createSts({
    accountId,
    findRole: (arn) => roles.find((role) => role.arn === arn),
    keys,
  });
  const endpoint = await startAwsEndpoint({ dynamoDb, sts });
  const credentials = { accessKeyId: functionName, secretAccessKey: 'test' };
  return {
    place: { endpoint: endpoint.url, region, credentials },
    tableName: table.name,
    roleArn: cacheRoleArn,
    close: async () => {
      await endpoint.close();
      await dynamoDb.close();
      if (options.dir === undefined) await rm(dir, { recursive: true, force: true });
    },
  };
}
