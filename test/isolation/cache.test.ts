import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  ExecuteStatementCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  UpdateItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { createTenantCaches, type TenantCache } from '@tenantry/cache';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseTenantId } from '@tenantry/tenancy';
import { startSystem, type LocalSystem } from '../support/local-system.ts';
import {
  assumeCacheRole,
  cachePlaceOf,
  credentialsOf,
  openDynamoDb,
  type CachePlace,
} from '../support/open-cache-session.ts';
import { openDeployedProject, type TestProject } from '../support/test-project.ts';

let project: TestProject;
let system: LocalSystem;
let place: CachePlace;
let thor: string;
let potter: string;
let thorsCache: TenantCache;
let asPotter: DynamoDBClient;

beforeAll(async () => {
  project = await openDeployedProject();
  const assemblyDir = await project.synthesize();
  system = await startSystem({ assemblyDir, dataDir: project.dataDir });
  place = cachePlaceOf(system.runtime);
  thor = (await system.createTenant('thor', { isolation: 'cache' })).id;
  potter = (await system.createTenant('potter')).id;
  const api = credentialsOf(system.runtime, 'api');
  const openCache = createTenantCaches({ ...place, credentials: api });
  thorsCache = openCache(parseTenantId(thor));
  await thorsCache.set('secret', 'of thor');
  await openCache(parseTenantId(potter)).set('secret', 'of potter');
  asPotter = openDynamoDb(place, await assumeCacheRole(place, api, { tenant: potter }));
});
afterAll(async () => {
  await system?.close();
  await project?.remove();
});

const idOf = (tenant: string) => ({ tenant: { S: tenant }, key: { S: 'secret' } });
const get = () => new GetItemCommand({ TableName: place.tableName, Key: idOf(thor) });
const put = () =>
  new PutItemCommand({ TableName: place.tableName, Item: { ...idOf(thor), value: { S: '"x"' } } });
const query = () =>
  new QueryCommand({
    TableName: place.tableName,
    KeyConditionExpression: 'tenant = :t',
    ExpressionAttributeValues: { ':t': { S: thor } },
  });
const scan = () => new ScanCommand({ TableName: place.tableName });

const attacks: [string, () => object][] = [
  ['get', get],
  ['put', put],
  [
    'put if it is not there, to learn whether it is',
    () =>
      new PutItemCommand({
        TableName: place.tableName,
        Item: idOf(thor),
        ConditionExpression: 'attribute_not_exists(tenant)',
      }),
  ],
  [
    'update',
    () =>
      new UpdateItemCommand({
        TableName: place.tableName,
        Key: idOf(thor),
        UpdateExpression: 'REMOVE expires_at',
      }),
  ],
  ['delete', () => new DeleteItemCommand({ TableName: place.tableName, Key: idOf(thor) })],
  ['query', query],
  [
    'query from an own page on',
    () =>
      new QueryCommand({
        TableName: place.tableName,
        KeyConditionExpression: 'tenant = :t',
        ExpressionAttributeValues: { ':t': { S: thor } },
        ExclusiveStartKey: idOf(potter),
      }),
  ],
  [
    'batch write among own items',
    () =>
      new BatchWriteItemCommand({
        RequestItems: {
          [place.tableName]: [potter, thor].map((id) => ({ DeleteRequest: { Key: idOf(id) } })),
        },
      }),
  ],
  [
    'batch get',
    () =>
      new BatchGetItemCommand({ RequestItems: { [place.tableName]: { Keys: [idOf(potter)] } } }),
  ],
  ['scan', scan],
  [
    'transaction',
    () =>
      new TransactGetItemsCommand({
        TransactItems: [{ Get: { TableName: place.tableName, Key: idOf(thor) } }],
      }),
  ],
  ['PartiQL', () => new ExecuteStatementCommand({ Statement: 'select * from "cache"' })],
  ['drop of the table', () => new DeleteTableCommand({ TableName: place.tableName })],
];

async function attack(client: DynamoDBClient, command: object): Promise<string> {
  try {
    return `succeeded: ${JSON.stringify(await client.send(command as GetItemCommand))}`;
  } catch (error) {
    return (error as Error).name;
  }
}

test.each(attacks)(
  "another tenant's cache is out of reach of a session: %s",
  async (_, command) => {
    expect(await attack(asPotter, command())).toMatch(
      /^(AccessDeniedException|ResourceNotFoundException)$/,
    );
    expect((await thorsCache.list()).entries).toEqual([
      { key: 'secret', value: 'of thor', expiresAt: undefined },
    ]);
  },
);

test('the same calls with its own key are served, so that it is the key that is refused', async () => {
  const own = new GetItemCommand({ TableName: place.tableName, Key: idOf(potter) });
  expect((await asPotter.send(own)).Item?.['value']).toEqual({ S: '"of potter"' });
});

test.each(['', 's', 'secret'])('a list by prefix never leaves its tenant: "%s"', async (prefix) => {
  const { entries } = await thorsCache.list({ prefix });
  expect(entries.map(({ value }) => value)).toEqual(['of thor']);
});

test.each(['thor:secret', '../potter/secret', '*', '${aws:PrincipalTag/tenant}', 'secret\u0000'])(
  'no key leads to another tenant: %j',
  async (key) => {
    expect(await thorsCache.get(key)).toBeUndefined();
    expect((await thorsCache.list({ prefix: key })).entries).toEqual([]);
  },
);

test.each(['api', 'site', 'control', 'lifecycle-tenant', 'lifecycle-bulk', 'fleet-migrator'])(
  'the credentials of the function %s by themselves reach no item',
  async (name) => {
    const own = openDynamoDb(place, credentialsOf(system.runtime, name));
    for (const command of [get(), put(), query(), scan()])
      expect(await attack(own, command)).toBe('AccessDeniedException');
  },
);

test.each(['site', 'control', 'migrations', 'lifecycle-provisioner', 'lifecycle-bulk'])(
  'the function %s opens no session of a tenant',
  async (name) => {
    const session = assumeCacheRole(place, credentialsOf(system.runtime, name), { tenant: thor });
    await expect(session).rejects.toMatchObject({ name: 'AccessDenied' });
  },
);

test.each<[string, () => Readonly<Record<string, string>>]>([
  ['no tag', () => ({})],
  ['an empty tag', () => ({ tenant: '' })],
  ['another tag', () => ({ customer: thor })],
  ['one more tag', () => ({ tenant: potter, role: 'admin' })],
])('a session without its tenant as the one tag is refused: %s', async (_, tags) => {
  const session = assumeCacheRole(place, credentialsOf(system.runtime, 'api'), tags());
  await expect(session).rejects.toMatchObject({ name: 'AccessDenied' });
});

test.each(['*', '?', '${aws:PrincipalTag/tenant}'])(
  'a tag that looks like a pattern is taken by the letter: %s',
  async (tenant) => {
    const api = credentialsOf(system.runtime, 'api');
    const odd = openDynamoDb(place, await assumeCacheRole(place, api, { tenant }));
    expect(await attack(odd, get())).toBe('AccessDeniedException');
  },
);

test('a session opens no session of another tenant', async () => {
  const api = credentialsOf(system.runtime, 'api');
  const session = await assumeCacheRole(place, api, { tenant: potter });
  const inner = assumeCacheRole(place, session, { tenant: thor });
  await expect(inner).rejects.toMatchObject({ name: 'AccessDenied' });
});

test('forged credentials are refused', async () => {
  const api = credentialsOf(system.runtime, 'api');
  const session = await assumeCacheRole(place, api, { tenant: potter });
  const forged = [
    { ...session, sessionToken: 'forged' },
    { ...session, accessKeyId: 'ASIA0000000000000000' },
    { accessKeyId: 'local', secretAccessKey: 'local' },
  ];
  for (const credentials of forged)
    expect(await attack(openDynamoDb(place, credentials), get())).toBe(
      'UnrecognizedClientException',
    );
});
