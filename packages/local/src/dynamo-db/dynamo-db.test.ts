import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { openTestCache, type TestCache } from '../test-cache.ts';

let services: TestCache;
let acme: DynamoDBClient;
let other: DynamoDBClient;

beforeAll(async () => {
  services = await openTestCache();
  acme = await openAs('acme');
  other = await openAs('other');
  await acme.send(put('acme', 'mine'));
  await other.send(put('other', 'theirs'));
});
afterAll(async () => await services?.close());
afterEach(() => {
  vi.useRealTimers();
});

async function assume(tags: Readonly<Record<string, string>>, place = services.place) {
  const sts = new STSClient({ ...place, maxAttempts: 1 });
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({
      RoleArn: services.roleArn,
      RoleSessionName: 'test-session',
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    }),
  );
  return {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
}

type Credentials = Awaited<ReturnType<typeof assume>>;

function openWith(credentials: Omit<Credentials, 'sessionToken'> & Partial<Credentials>) {
  return new DynamoDBClient({ ...services.place, credentials, maxAttempts: 1 });
}

async function openAs(tenant: string): Promise<DynamoDBClient> {
  return openWith(await assume({ tenant }));
}

const idOf = (tenant: string, key: string) => ({ tenant: { S: tenant }, key: { S: key } });
const TableName = 'tenantry-test-cache';
const put = (tenant: string, key: string) =>
  new PutItemCommand({ TableName, Item: { ...idOf(tenant, key), value: { S: '1' } } });
const get = (tenant: string, key = 'mine') =>
  new GetItemCommand({ TableName, Key: idOf(tenant, key) });
const query = (tenant: string, more: Partial<QueryCommandInput> = {}) =>
  new QueryCommand({
    TableName,
    KeyConditionExpression: '#t = :t',
    ExpressionAttributeNames: { '#t': 'tenant' },
    ExpressionAttributeValues: { ':t': { S: tenant } },
    ...more,
  });
const deleting = (tenant: string) => ({ DeleteRequest: { Key: idOf(tenant, 'theirs') } });
const batch = (...tenants: string[]) =>
  new BatchWriteItemCommand({ RequestItems: { [TableName]: tenants.map(deleting) } });

const denied = { name: 'AccessDeniedException' };

test('a session does everything with the items of its own tenant', async () => {
  await acme.send(put('acme', 'one'));
  await acme.send(
    new UpdateItemCommand({
      TableName,
      Key: idOf('acme', 'one'),
      UpdateExpression: 'SET a = :a',
      ExpressionAttributeValues: { ':a': { S: '2' } },
    }),
  );
  expect((await acme.send(get('acme', 'one'))).Item?.['a']).toEqual({ S: '2' });
  expect((await acme.send(query('acme'))).Count).toBe(2);
  await acme.send(new DeleteItemCommand({ TableName, Key: idOf('acme', 'one') }));
  await acme.send(batch('acme'));
  expect((await acme.send(query('acme'))).Count).toBe(1);
});

test.each([
  ['GetItem', () => get('other', 'theirs')],
  ['PutItem', () => put('other', 'theirs')],
  ['DeleteItem', () => new DeleteItemCommand({ TableName, Key: idOf('other', 'theirs') })],
  [
    'UpdateItem',
    () =>
      new UpdateItemCommand({
        TableName,
        Key: idOf('other', 'theirs'),
        UpdateExpression: 'REMOVE #v',
        ExpressionAttributeNames: { '#v': 'value' },
      }),
  ],
  ['Query', () => query('other')],
  ['BatchWriteItem', () => batch('other')],
  ['BatchWriteItem that begins with an own item', () => batch('acme', 'other')],
  [
    'BatchGetItem',
    () =>
      new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [idOf('acme', 'mine')] } } }),
  ],
  ['Scan', () => new ScanCommand({ TableName })],
  [
    'CreateTable',
    () =>
      new CreateTableCommand({
        TableName,
        KeySchema: [],
        AttributeDefinitions: [],
        BillingMode: 'PAY_PER_REQUEST',
      }),
  ],
])("another tenant's items, and all of them, are out of reach: %s", async (_, command) => {
  await expect(acme.send(command() as GetItemCommand)).rejects.toMatchObject(denied);
  expect((await other.send(query('other'))).Items).toEqual([
    { ...idOf('other', 'theirs'), value: { S: '1' } },
  ]);
});

test.each<[string, Partial<QueryCommandInput>]>([
  ['two tenants', { KeyConditionExpression: '#t = :t AND #t = :o' }],
  ['two names of the key', { KeyConditionExpression: '#t = :t AND tenant = :o' }],
  ['the sides exchanged', { KeyConditionExpression: ':o = tenant' }],
  ['no tenant', { KeyConditionExpression: '#k = :o' }],
  ['a range of tenants', { KeyConditionExpression: '#t >= :o' }],
  [
    'the older form',
    {
      KeyConditionExpression: undefined,
      KeyConditions: { tenant: { ComparisonOperator: 'EQ', AttributeValueList: [{ S: 'other' }] } },
      ExpressionAttributeNames: undefined,
      ExpressionAttributeValues: undefined,
    },
  ],
])('a query whose tenant cannot be told is refused: %s', async (_, more) => {
  const names = { '#t': 'tenant', '#k': 'key' };
  const values = { ':t': { S: 'acme' }, ':o': { S: 'other' } };
  const refused = query('acme', {
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
    ...more,
  });
  await expect(acme.send(refused)).rejects.toMatchObject({ name: 'ValidationException' });
});

test('a page cannot begin in the items of another tenant', async () => {
  const answer = acme.send(query('acme', { ExclusiveStartKey: idOf('other', 'a') }));
  await expect(answer).rejects.toMatchObject({ name: 'ValidationException' });
});

test("a function's own credentials reach nothing", async () => {
  const own = openWith(services.place.credentials);
  for (const command of [get('acme'), put('acme', 'x'), query('acme'), batch('acme')])
    await expect(own.send(command as GetItemCommand)).rejects.toMatchObject(denied);
});

test.each<[string, (own: Credentials) => Partial<Credentials>]>([
  ['no token', () => ({ sessionToken: '' })],
  ["another session's token", () => ({ sessionToken: 'x'.repeat(80) })],
  ['an unknown key', () => ({ accessKeyId: 'ASIA0000000000000000' })],
])('forged credentials are refused: %s', async (_, forge) => {
  const own = await assume({ tenant: 'acme' });
  const forged = openWith({ ...own, ...forge(own) });
  const name = 'UnrecognizedClientException';
  await expect(forged.send(get('acme'))).rejects.toMatchObject({ name });
});

test('a session ends after an hour', async () => {
  const session = await openAs('acme');
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_599_000 });
  await session.send(get('acme'));
  vi.setSystemTime(Date.now() + 2000);
  const name = 'ExpiredTokenException';
  await expect(session.send(get('acme'))).rejects.toMatchObject({ name });
});

test.each<[string, Readonly<Record<string, string>>]>([
  ['no tag', {}],
  ['another tag', { customer: 'acme' }],
  ['an empty tag', { tenant: '' }],
])('no session is opened with %s', async (_, tags) => {
  await expect(assume(tags)).rejects.toMatchObject({ name: 'AccessDenied' });
});

test('no session is opened out of a session, and none by strangers', async () => {
  const credentials = await assume({ tenant: 'acme' });
  const inner = assume({ tenant: 'other' }, { ...services.place, credentials });
  await expect(inner).rejects.toMatchObject({ name: 'AccessDenied' });
  const stranger = { accessKeyId: 'local', secretAccessKey: 'local' };
  const outside = assume({ tenant: 'acme' }, { ...services.place, credentials: stranger });
  await expect(outside).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
});

test('items are there again after a restart', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tenantry-tables-'));
  onTestFinished(async () => await rm(dir, { recursive: true, force: true }));
  const before = services;
  onTestFinished(() => void (services = before));
  services = await openTestCache({ dir });
  await (await openAs('acme')).send(put('acme', 'kept'));
  await services.close();
  services = await openTestCache({ dir });
  expect((await (await openAs('acme')).send(get('acme', 'kept'))).Item?.['value']).toEqual({
    S: '1',
  });
  await services.close();
});
