import { Agent, request } from 'node:http';
import {
  BatchExecuteStatementCommand,
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  RDSDataClient,
  RollbackTransactionCommand,
} from '@aws-sdk/client-rds-data';
import { SecretsManagerClient, RotateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { CreateActivityCommand, SFNClient } from '@aws-sdk/client-sfn';
import { ListFunctionsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestEndpoint } from './test-endpoint.ts';
import type { TestEndpoint } from './test-endpoint.ts';
import type { DataApiAnswer } from './route-request.ts';

let endpoint: TestEndpoint;
let calls: { path: string; body: unknown }[];
let answers: (DataApiAnswer | { drop: true } | Error)[];

beforeEach(async () => {
  calls = [];
  answers = [];
  endpoint = await startTestEndpoint({
    dataApi: {
      async handle(path, body) {
        calls.push({ path, body });
        const answer = answers.shift() ?? { status: 200, headers: {}, body: {} };
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
  });
});

afterEach(() => endpoint.close());

const target = { resourceArn: 'arn:cluster', secretArn: 'arn:secret' };

test('each operation of the Data API arrives under its path with its body', async () => {
  const client = new RDSDataClient(endpoint.clientOptions);
  answers = [{ status: 200, headers: {}, body: { records: [[{ longValue: 7 }]] } }];
  const { records } = await client.send(
    new ExecuteStatementCommand({ ...target, database: 'tenantry', sql: 'select 7' }),
  );
  expect(records).toEqual([[{ longValue: 7 }]]);
  await client.send(new BatchExecuteStatementCommand({ ...target, sql: 'select 1' }));
  await client.send(new BeginTransactionCommand(target));
  await client.send(new CommitTransactionCommand({ ...target, transactionId: 't' }));
  await client.send(new RollbackTransactionCommand({ ...target, transactionId: 't' }));
  expect(calls.map((call) => call.path)).toEqual([
    '/Execute',
    '/BatchExecute',
    '/BeginTransaction',
    '/CommitTransaction',
    '/RollbackTransaction',
  ]);
  expect(calls[0]?.body).toEqual({ ...target, database: 'tenantry', sql: 'select 7' });
  client.destroy();
});

test('an error answer of the Data API reaches the client as the error it names', async () => {
  const client = new RDSDataClient(endpoint.clientOptions);
  const headers = { 'x-amzn-errortype': 'DatabaseErrorException' };
  answers = [{ status: 400, headers, body: { message: 'ERROR: no; SQLState: 42P01' } }];
  await expect(
    client.send(new ExecuteStatementCommand({ ...target, sql: 'x' })),
  ).rejects.toMatchObject({
    name: 'DatabaseErrorException',
    message: 'ERROR: no; SQLState: 42P01',
  });
  client.destroy();
});

test('a dropped reply ends the connection without an answer', async () => {
  const client = new RDSDataClient(endpoint.clientOptions);
  answers = [{ drop: true }];
  const failure = await client
    .send(new ExecuteStatementCommand({ ...target, sql: 'x' }))
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'ECONNRESET' });
  expect(calls).toHaveLength(1);
  expect(
    (await client.send(new ExecuteStatementCommand({ ...target, sql: 'x' }))).$metadata
      .httpStatusCode,
  ).toBe(200);
  client.destroy();
});

test('a service that breaks is a server error that clients may try again', async () => {
  const client = new RDSDataClient({ ...endpoint.clientOptions, maxAttempts: 2 });
  answers = [new TypeError('broken')];
  const { $metadata } = await client.send(new ExecuteStatementCommand({ ...target, sql: 'x' }));
  expect($metadata).toMatchObject({ httpStatusCode: 200, attempts: 2 });
  client.destroy();
});

test('an operation without a local service is refused by name', async () => {
  const refused = { name: 'UnknownOperationException' };
  const options = endpoint.clientOptions;
  await expect(
    new SecretsManagerClient(options).send(new RotateSecretCommand({ SecretId: 'x' })),
  ).rejects.toMatchObject({
    ...refused,
    message: expect.stringContaining('RotateSecret'),
  });
  await expect(
    new SFNClient(options).send(new CreateActivityCommand({ name: 'x' })),
  ).rejects.toMatchObject(refused);
  await expect(new LambdaClient(options).send(new ListFunctionsCommand({}))).rejects.toMatchObject(
    refused,
  );
});

interface Reply {
  readonly status: number;
  readonly errorType: unknown;
  readonly body: string;
}

function post(
  path: string,
  body: string,
  options: { headers?: Record<string, string>; agent?: Agent } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(`${endpoint.url}${path}`, { method: 'POST', ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          errorType: response.headers['x-amzn-errortype'],
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

test('a body that is not JSON is refused without quoting it', async () => {
  const reply = await post('/', '{"SecretString":"hunter2', {
    headers: { 'x-amz-target': 'secretsmanager.CreateSecret' },
  });
  expect(reply).toMatchObject({ status: 400, errorType: 'SerializationException' });
  expect(reply.body).toContain('__type');
  expect(reply.body).not.toContain('hunter2');
});

test('a body without end is refused', async () => {
  const reply = await post('/Execute', 'x'.repeat(8_000_001));
  expect(reply).toMatchObject({ status: 413, errorType: 'RequestEntityTooLargeException' });
  expect(calls).toEqual([]);
});

test('one connection serves many requests', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const sockets = new Set<unknown>();
  agent.on('free', (socket) => sockets.add(socket));
  for (let number = 0; number < 5; number += 1) await post('/Execute', '{}', { agent });
  expect(calls).toHaveLength(5);
  expect(sockets.size).toBe(1);
  agent.destroy();
});
