import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  BatchExecuteStatementCommand,
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  RDSDataClient,
  type ExecuteStatementCommandInput,
} from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { describeDataApi } from '../../../../test/contract/data-api.ts';
import type { RunningPostgres } from '../postgres/start-postgres.ts';
import { openTestPostgres } from '../postgres/with-test-postgres.ts';
import {
  createDataApi,
  type DataApi,
  type DataApiLimits,
  type DatabaseSecret,
} from './data-api.ts';

const arn = (name: string) => `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-AbCdEf`;
const resourceArn = 'arn:aws:rds:us-east-1:000000000000:cluster:tenantry';
const database = 'tenantry';

let postgres: RunningPostgres;
let testPostgres: Awaited<ReturnType<typeof openTestPostgres>>;
let shared: { client: RDSDataClient; dataApi: DataApi };
const secrets = new Map<string, DatabaseSecret>();

function readSecret(secretArn: string): DatabaseSecret | undefined {
  return secrets.get(secretArn);
}

beforeAll(async () => {
  testPostgres = await openTestPostgres();
  ({ postgres } = testPostgres);
  const { user, password } = postgres.admin;
  secrets.set(arn('admin'), { username: user, password, version: '1' });
  secrets.set(arn('wrong'), { username: user, password: 'guessed', version: '1' });
  secrets.set(arn('other'), { username: 'other', password: 'other-password', version: '1' });
  secrets.set(arn('narrow'), { username: 'narrow', password: 'narrow-password', version: '1' });
  shared = await openDataApi();
  await execute(`create role other login password 'other-password'`);
  await execute(`create role narrow login password 'narrow-password' connection limit 2`);
  await execute('grant connect on database tenantry to other, narrow');
}, 60_000);

afterAll(async () => {
  shared.client.destroy();
  await shared.dataApi.close();
  await testPostgres.close();
});

beforeEach(() => {
  shared.dataApi.faults.clear();
});

/** A Data API behind a real HTTP server, and an unmodified SDK client that reaches it. */
async function openDataApi(limits: Partial<DataApiLimits> = {}) {
  const dataApi = createDataApi({ postgres, readSecret, limits });
  const server = await listen(dataApi);
  closers.push(
    () => server.closeAllConnections(),
    () => void server.close(),
  );
  const client = new RDSDataClient({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  return { client, dataApi };
}

const closers: (() => void)[] = [];

afterAll(() => {
  for (const close of closers) close();
});

async function listen(dataApi: DataApi): Promise<Server> {
  const server = createServer((request, response) => {
    void readBody(request).then(async (body) => {
      const answer = await dataApi.handle(request.url ?? '', body);
      if (answer.drop === true) {
        response.destroy();
        return;
      }
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
      response.end(JSON.stringify(answer.body));
    });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  return server;
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

type Input = Partial<ExecuteStatementCommandInput>;

function execute(sql: string, extra: Input = {}, { client } = shared) {
  const input = { resourceArn, secretArn: arn('admin'), database, sql, ...extra };
  return client.send(new ExecuteStatementCommand(input));
}

async function readOne(sql: string, extra: Input = {}, api = shared) {
  const { records = [] } = await execute(sql, extra, api);
  return records[0]?.[0];
}

async function begin(api = shared, secretArn = arn('admin')): Promise<string> {
  const input = { resourceArn, secretArn, database };
  const { transactionId = '' } = await api.client.send(new BeginTransactionCommand(input));
  return transactionId;
}

/** A Data API of the test's own, closed after it. */
async function openOwn(limits: Partial<DataApiLimits>) {
  const api = await openDataApi(limits);
  onTestFinished(async () => {
    api.client.destroy();
    await api.dataApi.close();
  });
  return api;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(5);
}

/** Waits until these sessions are cleaned after their last call. */
async function untilClean(...pids: (number | undefined)[]): Promise<void> {
  const sql = `select count(*) from pg_stat_activity
    where pid in (${pids.join()}) and state = 'idle' and query like 'close all%'`;
  await until(async () => (await readOne(sql))?.longValue === pids.length);
}

describeDataApi('the local system', () => ({
  client: shared.client,
  resourceArn,
  secretArn: arn('admin'),
  otherSecretArn: arn('other'),
  missingSecretArn: arn('missing'),
  wrongSecretArn: arn('wrong'),
  database,
}));

describe('parameters', () => {
  const p = (value: object, extra: object = {}) =>
    ({ parameters: [{ name: 'p', value, ...extra }] }) as Input;

  test.each<[reason: RegExp, sql: string, extra: Input]>([
    [/Parameter "p" stands in the statement but has no value/, 'select :p', {}],
    [/does not stand in the statement/, 'select 1', p({ stringValue: 'x' })],
    [/Array parameters are not supported/, 'select :p', p({ arrayValue: { longValues: [1] } })],
    [/form YYYY-MM-DD/, 'select :p', p({ stringValue: '31.1.2026' }, { typeHint: 'DATE' })],
    [
      /form YYYY-MM-DD HH/,
      'select :p',
      p({ stringValue: '2026-01-31T13:37:00Z' }, { typeHint: 'TIMESTAMP' }),
    ],
    [/needs a stringValue/, 'select :p', p({ longValue: 1 }, { typeHint: 'DECIMAL' })],
    [/array slice/, 'select (array[1,2,3])[1:2]', {}],
    [/dollar-quoted/, 'do $$ begin perform 1 as a, :x; end $$', {}],
    [/dollar-quoted/, 'select $json$ {"a":1} $json$', {}],
  ])('%s', async (reason, sql, extra) => {
    const refused = execute(sql, extra);
    await expect(refused).rejects.toMatchObject({ name: 'BadRequestException' });
    await expect(refused).rejects.toThrow(reason);
  });

  test('a dollar-quoted body with assignments and casts passes', async () => {
    const sql = `do $body$ declare a text := 'x'; begin a := a::text || $1$y$1$; end $body$`;
    await expect(execute(sql.replaceAll('$1$', '$z$'))).resolves.toMatchObject({
      numberOfRecordsUpdated: 0,
    });
  });

  test('a positional placeholder has no value', async () => {
    await expect(execute('select $1::text')).rejects.toThrow(/SQLState: 08P01$/);
  });
});

describe('results', () => {
  test('a bigint travels digit by digit', async () => {
    const body = {
      resourceArn,
      secretArn: arn('admin'),
      database,
      sql: 'select 9223372036854775807',
    };
    const answer = await shared.dataApi.handle('/Execute', body);
    expect(JSON.stringify(answer.body)).toContain('{"longValue":9223372036854775807}');
  });

  test('timestamps are UTC whatever the role prefers', async () => {
    await execute(`alter role other set timezone = 'Asia/Kolkata'`);
    await execute(`alter role other set datestyle = 'SQL, DMY'`);
    const secretArn = arn('other');
    const sql = `select '2026-01-31 12:00:00+00'::timestamptz`;
    expect(await readOne(sql, { secretArn })).toEqual({ stringValue: '2026-01-31 12:00:00' });
    await execute('alter role other reset all');
  });

  test('infinity cannot be returned', async () => {
    await expect(execute(`select 'infinity'::timestamptz`)).rejects.toThrow(/Cast the column/);
  });

  test('NaN and the infinities of a double survive', async () => {
    for (const value of ['NaN', 'Infinity', '-Infinity']) {
      const body = {
        resourceArn,
        secretArn: arn('admin'),
        database,
        sql: `select '${value}'::float8`,
      };
      const answer = await shared.dataApi.handle('/Execute', body);
      expect(answer.body).toMatchObject({ records: [[{ doubleValue: value }]] });
    }
  });

  test('a result that is too large ends its transaction', async () => {
    const transactionId = await begin();
    const sql = `select repeat('x', 1000) from generate_series(1, 2000)`;
    await expect(execute(sql, { transactionId })).rejects.toMatchObject({
      name: 'UnsupportedResultException',
    });
    await expect(execute('select 1', { transactionId })).rejects.toMatchObject({
      name: 'TransactionNotFoundException',
      message: expect.stringMatching(/aborted due to an error/) as string,
    });
  });

  test('COPY is refused and leaves the session usable', async () => {
    await expect(execute('copy (select 1) to stdout')).rejects.toThrow(/COPY/);
    await execute('create table copied (id int4)');
    await expect(execute('copy copied from stdin')).rejects.toThrow(/COPY/);
    expect(await readOne('select 1')).toEqual({ longValue: 1 });
  });
});

describe('transactions', () => {
  test('an idle one is rolled back', async () => {
    const api = await openOwn({ transactionIdleMs: 50 });
    await execute('create table idle (id int4)');
    const transactionId = await begin(api);
    await execute('insert into idle values (1)', { transactionId }, api);
    const sessions = async () =>
      await readOne(
        `select count(*) from pg_stat_activity where state like 'idle in transaction%'`,
      );
    await until(async () => (await sessions())?.longValue === 0);
    await expect(execute('select 1', { transactionId }, api)).rejects.toMatchObject({
      name: 'TransactionNotFoundException',
      message: expect.stringMatching(/Transaction may be expired/) as string,
    });
    expect(await readOne('select count(*) from idle')).toEqual({ longValue: 0 });
  });

  test('a call keeps it alive', async () => {
    const api = await openOwn({ transactionIdleMs: 400 });
    const transactionId = await begin(api);
    const sql = 'select pg_sleep(0.15)::text';
    for (const call of [1, 2, 3, 4]) {
      expect(await execute(sql, { transactionId }, api), `call ${call}`).toBeDefined();
    }
  });

  test('one that is too old is over, however busy', async () => {
    const api = await openOwn({ transactionMaxMs: -1 });
    const transactionId = await begin(api);
    await expect(execute('select 1', { transactionId }, api)).rejects.toMatchObject({
      name: 'TransactionNotFoundException',
    });
  });

  test('a COMMIT sent as SQL ends it: nothing runs outside by accident', async () => {
    const transactionId = await begin();
    await execute('commit', { transactionId });
    await expect(execute('create table astray (id int4)', { transactionId })).rejects.toMatchObject(
      {
        name: 'TransactionNotFoundException',
      },
    );
    expect(await readOne(`select to_regclass('astray')::text`)).toEqual({ isNull: true });
  });

  test('a BEGIN sent as SQL does not outlive its call', async () => {
    await execute('begin');
    await execute('create table kept_without_commit (id int4)');
    expect(await readOne(`select to_regclass('kept_without_commit')::text`)).toEqual({
      stringValue: 'kept_without_commit',
    });
  });

  test('a commit after an error is an error', async () => {
    const transactionId = await begin();
    await execute('selekt', { transactionId }).catch(() => undefined);
    const input = { resourceArn, secretArn: arn('admin'), transactionId };
    await expect(shared.client.send(new CommitTransactionCommand(input))).rejects.toThrow(/25P02$/);
  });

  test('the database of a call must be that of the transaction', async () => {
    const transactionId = await begin();
    await expect(
      execute('select 1', { transactionId, database: 'postgres' }),
    ).rejects.toMatchObject({ name: 'BadRequestException' });
    expect(await readOne('select 1', { transactionId })).toEqual({ longValue: 1 });
  });

  test('one whose session was terminated is not found', async () => {
    const transactionId = await begin();
    const pid = await readOne('select pg_backend_pid()', { transactionId });
    await execute(`select pg_terminate_backend(${pid?.longValue ?? 0})`);
    await until(async () => {
      const error = await execute('select 1', { transactionId }).catch((e: unknown) => e as Error);
      return (error as Error).name === 'TransactionNotFoundException';
    });
    expect(await readOne('select 1')).toEqual({ longValue: 1 });
  });
});

describe('sessions', () => {
  test('nothing of one call reaches the next: settings, role, temporary tables, prepared statements, locks, LISTEN', async () => {
    const api = await openOwn({ maxSessions: 1 });
    const run = (sql: string) => execute(sql, {}, api);
    const pid = await readOne('select pg_backend_pid()', {}, api);
    await run(`set statement_timeout = '17s'`);
    await run('create temporary table left_over (id int4)');
    await run('prepare left_over as select 1');
    await run('declare left_over cursor with hold for select 1');
    await run('listen left_over');
    await run('select pg_advisory_lock(4711)::text');
    await run('create sequence numbers');
    await run(`select nextval('numbers')`);
    const { records } = await execute(
      `select current_setting('statement_timeout'), to_regclass('left_over')::text,
        (select count(*) from pg_prepared_statements), (select count(*) from pg_cursors where name <> ''),
        (select count(*) from pg_listening_channels()),
        (select count(*) from pg_locks where locktype = 'advisory'), pg_backend_pid()`,
      {},
      api,
    );
    expect(records?.[0]).toEqual([
      { stringValue: '0' },
      { isNull: true },
      { longValue: 0 },
      { longValue: 0 },
      { longValue: 0 },
      { longValue: 0 },
      pid,
    ]);
    await expect(run(`select currval('numbers')`)).rejects.toThrow(/SQLState: 55000$/);
  });

  test('calls one after the other share a session, and its name is fixed', async () => {
    const api = await openOwn({});
    const pids = new Set<number | undefined>();
    for (let call = 0; call < 20; call += 1) {
      pids.add((await readOne('select pg_backend_pid()', {}, api))?.longValue);
    }
    expect(pids.size).toBe(1);
    expect(await readOne(`select current_setting('application_name')`, {}, api)).toEqual({
      stringValue: 'tenantry',
    });
  });

  test('a role gets no more than its share, and the others of it wait', async () => {
    const api = await openOwn({ maxSessionsPerRole: 3 });
    const counts: number[] = [];
    const sql = `select pg_sleep(0.02)::text`;
    await Promise.all(
      Array.from({ length: 12 }, async () => {
        await execute(sql, {}, api);
        counts.push(api.dataApi.sessionCount());
      }),
    );
    expect(Math.max(...counts)).toBe(3);
  });

  test('the total is bounded, and the least recently used idle session makes room', async () => {
    const api = await openOwn({ maxSessions: 2 });
    const used = async (secret: string, inDatabase: string) =>
      (
        await readOne(
          'select pg_backend_pid()',
          { secretArn: arn(secret), database: inDatabase },
          api,
        )
      )?.longValue;
    const first = await used('admin', 'tenantry');
    const second = await used('admin', 'postgres');
    expect(await used('admin', 'tenantry')).toBe(first);
    await untilClean(first, second);
    await used('other', 'tenantry');
    expect(api.dataApi.sessionCount()).toBeLessThanOrEqual(2);
    expect(await used('admin', 'tenantry')).toBe(first);
    expect(await used('admin', 'postgres')).not.toBe(second);
  });

  test('a role with a lower connection limit of its own waits instead of failing', async () => {
    const api = await openOwn({});
    const call = () => execute('select pg_sleep(0.02)::text', { secretArn: arn('narrow') }, api);
    await expect(Promise.all(Array.from({ length: 10 }, call))).resolves.toHaveLength(10);
  });

  test('who waits too long is told so', async () => {
    const api = await openOwn({ maxSessions: 1, acquireTimeoutMs: 20 });
    await begin(api);
    await expect(execute('select 1', {}, api)).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
    });
  });

  test('an idle session is closed', async () => {
    const api = await openOwn({ sessionIdleMs: 30 });
    await execute('select 1', {}, api);
    await until(() => api.dataApi.sessionCount() === 0);
    expect(await readOne('select 1', {}, api)).toEqual({ longValue: 1 });
  });

  test('a terminated session is replaced without an error', async () => {
    const api = await openOwn({});
    const before = await readOne('select pg_backend_pid()', {}, api);
    await execute(`select pg_terminate_backend(${before?.longValue ?? 0}, 5000)`);
    await until(() => api.dataApi.sessionCount() === 0);
    expect(await readOne('select pg_backend_pid()', {}, api)).not.toEqual(before);
  });

  test('a session terminated under a statement says so, and the statement is not run again', async () => {
    const api = await openOwn({});
    await execute('create table once (id int4)');
    const sql =
      'with w as (insert into once values (1) returning 1) select pg_sleep(30)::text from w';
    const running = execute(sql, {}, api);
    running.catch(() => undefined);
    const find = `select pid from pg_stat_activity where query like 'with w as (insert into once%'`;
    await until(async () => (await readOne(find)) !== undefined);
    await execute(`select pg_terminate_backend(pid) from (${find}) as found`);
    await expect(running).rejects.toThrow(/SQLState: 57P01$/);
    expect(await readOne('select count(*) from once')).toEqual({ longValue: 0 });
  });

  test('a new version of a secret logs in anew, and its wrong password does not pass on an old session', async () => {
    const api = await openOwn({});
    const secret = secrets.get(arn('other')) as DatabaseSecret;
    onTestFinished(() => void secrets.set(arn('other'), secret));
    const secretArn = arn('other');
    await execute('select 1', { secretArn }, api);
    secrets.set(secretArn, { ...secret, password: 'changed', version: '2' });
    await expect(execute('select 1', { secretArn }, api)).rejects.toThrow(/SQLState: 28P01$/);
    await execute(`alter role other password 'changed'`);
    expect(await readOne('select 1', { secretArn }, api)).toEqual({ longValue: 1 });
    await execute(`alter role other password 'other-password'`);
  });

  test('a role without CONNECT is refused by PostgreSQL', async () => {
    await expect(
      execute('select 1', { secretArn: arn('other'), database: 'postgres' }),
    ).rejects.toThrow(/SQLState: 42501$/);
  });

  test('closing ends all sessions, busy ones as well', async () => {
    const api = await openDataApi();
    onTestFinished(() => api.client.destroy());
    await begin(api);
    const busy = execute('select pg_sleep(30)::text', {}, api);
    busy.catch(() => undefined);
    await until(() => api.dataApi.sessionCount() === 2);
    await api.dataApi.close();
    await expect(busy).rejects.toThrow(/SQLState: 57014$/);
    expect(api.dataApi.sessionCount()).toBe(0);
  });
});

describe('time', () => {
  test('a call that takes too long is stopped, and its statement with it', async () => {
    const api = await openOwn({ callTimeoutMs: 50 });
    await expect(execute('select pg_sleep(30)::text', {}, api)).rejects.toMatchObject({
      name: 'StatementTimeoutException',
    });
    const running = `select count(*) from pg_stat_activity where query like 'select pg_sleep(30)%' and state = 'active'`;
    await until(async () => (await readOne(running))?.longValue === 0);
    await until(() => api.dataApi.sessionCount() === 0);
  });

  test('with continueAfterTimeout the statement goes on', async () => {
    const api = await openOwn({ callTimeoutMs: 50 });
    await execute('create table continued (id int4)');
    const sql = 'insert into continued select 1 from pg_sleep(0.3)';
    await expect(execute(sql, { continueAfterTimeout: true }, api)).rejects.toMatchObject({
      name: 'StatementTimeoutException',
    });
    await until(async () => (await readOne('select count(*) from continued'))?.longValue === 1);
  });
});

describe('faults', () => {
  test('a waking cluster answers DatabaseResumingException as often as asked', async () => {
    shared.dataApi.faults.inject('resuming', { times: 2 });
    for (const call of [1, 2]) {
      await expect(execute('select 1'), `call ${call}`).rejects.toMatchObject({
        name: 'DatabaseResumingException',
        $metadata: { httpStatusCode: 400 },
      });
    }
    expect(await readOne('select 1')).toEqual({ longValue: 1 });
  });

  test('only matching calls are hit', async () => {
    shared.dataApi.faults.inject('throttled', { matches: ({ sql }) => sql === 'select 2' });
    expect(await readOne('select 1')).toEqual({ longValue: 1 });
    await expect(execute('select 2')).rejects.toMatchObject({ name: 'ThrottlingException' });
    shared.dataApi.faults.inject('resuming', {
      matches: ({ operation }) => operation === 'BeginTransaction',
    });
    await expect(begin()).rejects.toMatchObject({ name: 'DatabaseResumingException' });
  });

  test('a dropped reply leaves the effect', async () => {
    await execute('create table dropped (id int4)');
    shared.dataApi.faults.inject('dropped-reply');
    await expect(execute('insert into dropped values (1)')).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
    expect(await readOne('select count(*) from dropped')).toEqual({ longValue: 1 });
  });
});

describe('requests', () => {
  test.each<[field: string, body: unknown]>([
    ['body', 'select 1'],
    ['sql', { resourceArn, secretArn: arn('admin') }],
    ['secretArn', { resourceArn, sql: 'select 1' }],
    ['resourceArn', { secretArn: arn('admin'), sql: 'select 1' }],
    ['formatRecordsAs', { resourceArn, secretArn: 'x', sql: 'select 1', formatRecordsAs: 'CSV' }],
    ['parameters', { resourceArn, secretArn: 'x', sql: 'select 1', parameters: 'x' }],
    ['database', { resourceArn, secretArn: 'x', sql: 'select 1', database: 'x'.repeat(65) }],
  ])('a malformed %s is named', async (field, body) => {
    expect(await shared.dataApi.handle('/Execute', body)).toMatchObject({
      status: 400,
      headers: { 'x-amzn-errortype': 'ValidationException' },
      body: { message: expect.stringContaining(`'${field}'`) as string },
    });
  });

  test('an operation that there is not is named', async () => {
    expect(await shared.dataApi.handle('/ExecuteSql', {})).toMatchObject({ status: 404 });
  });

  test('a batch whose second set fails keeps the first, outside a transaction', async () => {
    await execute('create table part (id int8 primary key)');
    const set = [{ name: 'id', value: { longValue: 1 } }];
    const sql = 'insert into part values (:id)';
    const input = {
      resourceArn,
      secretArn: arn('admin'),
      database,
      sql,
      parameterSets: [set, set],
    };
    await expect(shared.client.send(new BatchExecuteStatementCommand(input))).rejects.toThrow(
      /SQLState: 23505$/,
    );
    expect(await readOne('select count(*) from part')).toEqual({ longValue: 1 });
  });

  test('an unreachable server is unavailable', async () => {
    const dataApi = createDataApi({ postgres: { host: '127.0.0.1', port: 1 }, readSecret });
    const body = { resourceArn, secretArn: arn('admin'), sql: 'select 1' };
    expect(await dataApi.handle('/Execute', body)).toMatchObject({
      status: 504,
      headers: { 'x-amzn-errortype': 'DatabaseUnavailableException' },
    });
    await dataApi.close();
  });
});
