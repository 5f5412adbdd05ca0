import {
  BatchExecuteStatementCommand,
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  RollbackTransactionCommand,
  type ExecuteStatementCommandInput,
  type Field,
  type RDSDataClient,
  type SqlParameter,
} from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** A Data API to hold against the rules: the local one, or a real cluster. */
export interface DataApiTarget {
  readonly client: RDSDataClient;
  readonly resourceArn: string;
  /** Secret of a role that may make schemas and databases. */
  readonly secretArn: string;
  /** Secret of the same cluster with another role, or the same one under another ARN. */
  readonly otherSecretArn: string;
  /** An ARN in the same form that leads to no secret. */
  readonly missingSecretArn: string;
  /** Secret whose password is wrong. */
  readonly wrongSecretArn: string;
  readonly database: string;
}

const schema = 'data_api_contract';

const text = (value: string): SqlParameter[] => [{ name: 'p', value: { stringValue: value } }];

/** Rows of 42 bytes: two for the row, four for the column, 36 for the value. */
const uuids = (rows: number) =>
  `select md5(i::text)::uuid as id from generate_series(1, ${rows}) as i`;

/** What every Data API for PostgreSQL must do, told as rules. `open` is called once, before the first of them. */
export function describeDataApi(title: string, open: () => DataApiTarget): void {
  describe(`the Data API of ${title}`, () => {
    let target: DataApiTarget;

    beforeAll(async () => {
      target = open();
      await execute(`drop schema if exists ${schema} cascade`);
      await execute(`create schema ${schema}`);
    });

    afterAll(async () => {
      await execute(`drop schema if exists ${schema} cascade`);
    });

    type Extra = Partial<ExecuteStatementCommandInput>;

    function execute(sql: string, extra: Extra = {}) {
      const { resourceArn, secretArn, database } = target;
      const input = { resourceArn, secretArn, database, sql, ...extra };
      return target.client.send(new ExecuteStatementCommand(input));
    }

    async function readOne(sql: string, extra: Extra = {}): Promise<Field | undefined> {
      const { records = [] } = await execute(sql, extra);
      return records[0]?.[0];
    }

    async function begin(secretArn = target.secretArn): Promise<string> {
      const { resourceArn, database } = target;
      const command = new BeginTransactionCommand({ resourceArn, secretArn, database });
      const { transactionId } = await target.client.send(command);
      if (transactionId === undefined) throw new Error('no transaction id');
      return transactionId;
    }

    function commit(transactionId: string, secretArn = target.secretArn) {
      const { resourceArn } = target;
      const input = { resourceArn, secretArn, transactionId };
      return target.client.send(new CommitTransactionCommand(input));
    }

    function rollback(transactionId: string) {
      const { resourceArn, secretArn } = target;
      const input = { resourceArn, secretArn, transactionId };
      return target.client.send(new RollbackTransactionCommand(input));
    }

    function batch(sql: string, parameterSets: SqlParameter[][], transactionId?: string) {
      const { resourceArn, secretArn, database } = target;
      const id = transactionId === undefined ? {} : { transactionId };
      const input = { resourceArn, secretArn, database, sql, parameterSets, ...id };
      return target.client.send(new BatchExecuteStatementCommand(input));
    }

    describe('results', () => {
      test.each<[sql: string, field: Field]>([
        ['1::int2', { longValue: 1 }],
        ['-7::int4', { longValue: -7 }],
        ['9007199254740991::int8', { longValue: 9_007_199_254_740_991 }],
        ['7::oid', { longValue: 7 }],
        ['1.5::float4', { doubleValue: 1.5 }],
        ['0.1::float8', { doubleValue: 0.1 }],
        ['true', { booleanValue: true }],
        ['false', { booleanValue: false }],
        [`12.30::numeric(10,2)`, { stringValue: '12.30' }],
        [
          `123456789012345678901234567890::numeric`,
          { stringValue: '123456789012345678901234567890' },
        ],
        [`'täxt'::text`, { stringValue: 'täxt' }],
        [`'ab'::varchar(9)`, { stringValue: 'ab' }],
        [`'ab'::char(4)`, { stringValue: 'ab  ' }],
        [`'ab'::name`, { stringValue: 'ab' }],
        [`'\\x00ff10'::bytea`, { blobValue: new Uint8Array([0, 255, 16]) }],
        [`'2026-01-31'::date`, { stringValue: '2026-01-31' }],
        [`'13:37:00'::time`, { stringValue: '13:37:00' }],
        [`'13:37:00.25'::time`, { stringValue: '13:37:00.250' }],
        [`'2026-01-31 13:37:01'::timestamp`, { stringValue: '2026-01-31 13:37:01' }],
        [`'2026-01-31 13:37:01.5'::timestamp`, { stringValue: '2026-01-31 13:37:01.500' }],
        [`'2026-01-31 13:37:01.123456'::timestamp`, { stringValue: '2026-01-31 13:37:01.123456' }],
        [`'2026-01-31 13:37:01+05:30'::timestamptz`, { stringValue: '2026-01-31 08:07:01' }],
        [`'2026-12-31 23:30:00.5-02'::timestamptz`, { stringValue: '2027-01-01 01:30:00.500' }],
        [`'{"a":1}'::json`, { stringValue: '{"a":1}' }],
        [`'{"a":1}'::jsonb`, { stringValue: '{"a": 1}' }],
        [
          `'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid`,
          { stringValue: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11' },
        ],
        ['null', { isNull: true }],
        ['null::int4', { isNull: true }],
        [`array[1,2]::int4[]`, { arrayValue: { longValues: [1, 2] } }],
        [
          `array['a','b c','d"e','f\\g','NULL']`,
          { arrayValue: { stringValues: ['a', 'b c', 'd"e', 'f\\g', 'NULL'] } },
        ],
        [`array[true,false]`, { arrayValue: { booleanValues: [true, false] } }],
        [`array[1.5,2]::float8[]`, { arrayValue: { doubleValues: [1.5, 2] } }],
        [`'{}'::text[]`, { arrayValue: { stringValues: [] } }],
        [`current_schemas(false)`, { arrayValue: { stringValues: expect.any(Array) as string[] } }],
      ])('%s is read as its field', async (sql, field) => {
        expect(await readOne(`select ${sql} as value`)).toEqual(field);
      });

      test('an enum is read as a string', async () => {
        await execute(`create type ${schema}.mood as enum ('glad', 'sad')`);
        expect(await readOne(`select 'sad'::${schema}.mood as value`)).toEqual({
          stringValue: 'sad',
        });
      });

      test.each(['interval', 'timetz', 'point', 'money', 'regclass', '"char"', 'xml', 'int4range'])(
        'a result of type %s is refused, and as text it is not',
        async (type) => {
          await expect(execute(`select null::${type} as value`)).rejects.toMatchObject({
            name: 'UnsupportedResultException',
            message: expect.stringMatching(/unsupported data type/) as string,
          });
          expect(await readOne(`select null::${type}::text as value`)).toEqual({ isNull: true });
        },
      );

      test('an array of more than one dimension is refused', async () => {
        await expect(execute('select array[[1,2],[3,4]]')).rejects.toMatchObject({
          name: 'UnsupportedResultException',
        });
      });

      test('bigints come as strings when asked for, in arrays, too', async () => {
        const resultSetOptions = { longReturnType: 'STRING' } as const;
        expect(await readOne('select 9223372036854775807', { resultSetOptions })).toEqual({
          stringValue: '9223372036854775807',
        });
        expect(await readOne('select array[1::int8]', { resultSetOptions })).toEqual({
          arrayValue: { stringValues: ['1'] },
        });
      });

      test('decimals come as numbers when asked for', async () => {
        const resultSetOptions = { decimalReturnType: 'DOUBLE_OR_LONG' } as const;
        expect(await readOne('select 12.5::numeric', { resultSetOptions })).toEqual({
          doubleValue: 12.5,
        });
        expect(await readOne('select 12::numeric', { resultSetOptions })).toEqual({
          longValue: 12,
        });
      });

      test('metadata names the column, its label and its type as PostgreSQL does', async () => {
        await execute(
          `create table ${schema}.described (id bigserial primary key, title varchar(40), made timestamptz not null, tags text[])`,
        );
        const sql = `select id, title as label, made, tags, 1 as one from ${schema}.described`;
        const { columnMetadata = [] } = await execute(sql, { includeResultMetadata: true });
        expect(
          columnMetadata.map(({ name, label, typeName, tableName, nullable, precision }) => ({
            name,
            label,
            typeName,
            tableName,
            nullable,
            precision,
          })),
        ).toMatchObject([
          { name: 'id', label: 'id', typeName: 'bigserial', tableName: 'described', nullable: 0 },
          { name: 'title', label: 'label', typeName: 'varchar', nullable: 1, precision: 40 },
          { name: 'made', typeName: 'timestamptz', nullable: 0 },
          { name: 'tags', typeName: '_text' },
          { name: 'one', label: 'one', typeName: 'int4', tableName: '' },
        ]);
        expect((await execute(sql)).columnMetadata).toBeUndefined();
      });

      test('a result as JSON is one text', async () => {
        const answer = await execute(
          `select 1 as id, 'a' as name, null as none, true as flag, '{"a":1}'::jsonb as doc`,
          { formatRecordsAs: 'JSON' },
        );
        expect(answer.records).toBeUndefined();
        expect(JSON.parse(answer.formattedRecords ?? '')).toEqual([
          { id: 1, name: 'a', none: null, flag: true, doc: '{"a": 1}' },
        ]);
      });

      test('a changing statement says how many rows, a reading one none', async () => {
        await execute(`create table ${schema}.counted (id int4)`);
        const sql = `insert into ${schema}.counted select generate_series(1, 3)`;
        expect(await execute(sql)).toMatchObject({
          numberOfRecordsUpdated: 3,
          generatedFields: [],
        });
        expect(await execute(`select id from ${schema}.counted`)).toMatchObject({
          numberOfRecordsUpdated: 0,
          records: [[{ longValue: 1 }], [{ longValue: 2 }], [{ longValue: 3 }]],
        });
        expect(await execute(`delete from ${schema}.counted returning id`)).toMatchObject({
          records: expect.arrayContaining([[{ longValue: 2 }]]) as Field[][],
        });
        expect((await execute(`select id from ${schema}.counted`)).records).toEqual([]);
      });
    });

    describe('limits', () => {
      test('a result over 1 MiB is refused, one below is not', async () => {
        expect((await execute(uuids(24_800))).records).toHaveLength(24_800);
        await expect(execute(uuids(25_000))).rejects.toMatchObject({
          name: 'UnsupportedResultException',
          message: expect.stringMatching(/size limit/) as string,
        });
      });

      test('a row over 64 KB is refused, one below is not', async () => {
        expect(await readOne(`select repeat('x', 65000)`)).toEqual({
          stringValue: 'x'.repeat(65_000),
        });
        await expect(execute(`select repeat('x', 66000)`)).rejects.toMatchObject({
          name: 'UnsupportedResultException',
        });
      });

      test('a statement over 65536 characters is refused, a long parameter is not', async () => {
        await expect(execute(`select 1 -- ${'x'.repeat(65_536)}`)).rejects.toMatchObject({
          name: 'ValidationException',
        });
        const parameters = text('x'.repeat(1_000_000));
        expect(await readOne('select length(:p)', { parameters })).toEqual({
          longValue: 1_000_000,
        });
      });

      test('a request over 4 MiB is refused', async () => {
        const parameters = text('x'.repeat(4 * 1024 * 1024));
        await expect(execute('select length(:p)', { parameters })).rejects.toHaveProperty(
          '$metadata.httpStatusCode',
          expect.toSatisfy((status: number) => status >= 400 && status < 500),
        );
      });
    });

    describe('parameters', () => {
      test('a string is text and nothing else', async () => {
        await execute(`create table ${schema}.typed (id uuid, at timestamptz, doc jsonb)`);
        const id = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11';
        const sql = `insert into ${schema}.typed (id) values (:p)`;
        await expect(execute(sql, { parameters: text(id) })).rejects.toMatchObject({
          name: 'DatabaseErrorException',
          message: expect.stringMatching(/SQLState: 42804$/) as string,
        });
        await execute(`insert into ${schema}.typed (id) values (:p::uuid)`, {
          parameters: text(id),
        });
        await expect(
          execute(`select 1 from ${schema}.typed where id = :p`, { parameters: text(id) }),
        ).rejects.toThrow(/uuid = text.*SQLState: 42883$/);
      });

      test.each<[hint: NonNullable<SqlParameter['typeHint']>, value: string, type: string]>([
        ['UUID', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'uuid'],
        ['DATE', '2026-01-31', 'date'],
        ['TIME', '13:37:00.250', 'time without time zone'],
        ['TIMESTAMP', '2026-01-31 13:37:00.123', 'timestamp without time zone'],
        ['DECIMAL', '12.50', 'numeric'],
      ])('with hint %s a string is of that type', async (typeHint, value, type) => {
        const parameters = [{ name: 'p', value: { stringValue: value }, typeHint }];
        expect(await readOne('select pg_typeof(:p)::text', { parameters })).toEqual({
          stringValue: type,
        });
        expect(await readOne('select :p', { parameters })).toEqual({ stringValue: value });
      });

      test('with hint JSON a string fits a jsonb column', async () => {
        const value = { stringValue: '{"a":[1]}' };
        const parameters: SqlParameter[] = [{ name: 'p', value, typeHint: 'JSON' }];
        await execute(`create table ${schema}.docs (doc jsonb)`);
        await execute(`insert into ${schema}.docs values (:p)`, { parameters });
        expect(await readOne(`select doc->'a' from ${schema}.docs`)).toEqual({
          stringValue: '[1]',
        });
      });

      test('numbers, booleans and bytes are bigint, double precision, boolean and bytea', async () => {
        const values: [Field, string][] = [
          [{ longValue: 7 }, 'bigint'],
          [{ doubleValue: 1.5 }, 'double precision'],
          [{ booleanValue: true }, 'boolean'],
          [{ blobValue: new Uint8Array([0, 1, 255]) }, 'bytea'],
        ];
        for (const [value, type] of values) {
          const parameters = [{ name: 'p', value }];
          expect(await readOne('select pg_typeof(:p)::text', { parameters })).toEqual({
            stringValue: type,
          });
          expect(await readOne('select :p', { parameters })).toEqual(value);
        }
      });

      test('NULL fits a column of any type', async () => {
        await execute(`create table ${schema}.nullable (id uuid, at timestamptz, n int4)`);
        const parameters: SqlParameter[] = [{ name: 'p', value: { isNull: true } }];
        await execute(`insert into ${schema}.nullable values (:p, :p, :p)`, { parameters });
        expect((await execute(`select * from ${schema}.nullable`)).records).toEqual([
          [{ isNull: true }, { isNull: true }, { isNull: true }],
        ]);
      });

      test('an array is refused', async () => {
        const value = { arrayValue: { stringValues: ['a'] } };
        await expect(
          execute('select :p', { parameters: [{ name: 'p', value }] }),
        ).rejects.toMatchObject({ name: expect.stringMatching(/Exception$/) as string });
      });

      test('a name in quotes, in a comment, after a cast or in an assignment is no parameter', async () => {
        const sql = `select ':no' || ":p"."a:b"::text || E'\\':no' /* :no /* :no */ :no */ as value
          from (select 'x' as "a:b") as ":p" where 'x' = :p -- :no`;
        await expect(execute(sql, { parameters: text('x') })).resolves.toMatchObject({
          records: [[{ stringValue: ":nox':no" }]],
        });
      });

      test('a name may stand in the statement more than once', async () => {
        expect(await readOne('select :p || :p', { parameters: text('a') })).toEqual({
          stringValue: 'aa',
        });
      });
    });

    describe('statements', () => {
      test('several in one call are refused', async () => {
        await expect(execute('select 1; select 2')).rejects.toMatchObject({
          name: 'ValidationException',
          message: expect.stringMatching(/Multistatements aren't supported/) as string,
        });
      });

      test('alone they run outside a transaction', async () => {
        const find = `select count(*) from pg_database where datname = '${schema}_own'`;
        await execute(`drop database if exists ${schema}_own`);
        await execute(`create database ${schema}_own`);
        expect(await readOne(find)).toEqual({ longValue: 1 });
        await execute(`drop database ${schema}_own`);
        expect(await readOne(find)).toEqual({ longValue: 0 });
      });

      test('an error carries message, hint, position and SQLSTATE in one line', async () => {
        await expect(execute('select nothing_there from pg_class')).rejects.toMatchObject({
          name: 'DatabaseErrorException',
          message: 'ERROR: column "nothing_there" does not exist; Position: 8; SQLState: 42703',
        });
        await execute(`create table ${schema}.unique_one (id int4 primary key)`);
        await execute(`insert into ${schema}.unique_one values (1)`);
        await expect(execute(`insert into ${schema}.unique_one values (1)`)).rejects.toMatchObject({
          message:
            'ERROR: duplicate key value violates unique constraint "unique_one_pkey"; SQLState: 23505',
        });
      });

      test('what one call sets is not there in the next', async () => {
        await execute(`set search_path = ${schema}`);
        await execute(`select set_config('application_name', 'mine', false)`);
        expect(await readOne(`select current_setting('search_path')`)).not.toEqual({
          stringValue: schema,
        });
        expect(await readOne(`select current_setting('application_name')`)).not.toEqual({
          stringValue: 'mine',
        });
      });

      test('the schema parameter is refused', async () => {
        await expect(execute('select 1', { schema: 'public' })).rejects.toMatchObject({
          name: 'ValidationException',
        });
      });
    });

    describe('a batch', () => {
      test('runs the statement once for each set', async () => {
        await execute(`create table ${schema}.batched (id int8, name text)`);
        const sets = [1, 2, 3].map((id): SqlParameter[] => [
          { name: 'id', value: { longValue: id } },
          { name: 'name', value: { stringValue: `n${id}` } },
        ]);
        const answer = await batch(`insert into ${schema}.batched values (:id, :name)`, sets);
        expect(answer.updateResults).toEqual(sets.map(() => ({ generatedFields: [] })));
        expect(await readOne(`select count(*) from ${schema}.batched`)).toEqual({ longValue: 3 });
      });

      test('in a transaction is undone with it', async () => {
        await execute(`create table ${schema}.undone (id int8)`);
        const id = await begin();
        const sets = [1, 2].map((value): SqlParameter[] => [
          { name: 'id', value: { longValue: value } },
        ]);
        await batch(`insert into ${schema}.undone values (:id)`, sets, id);
        await rollback(id);
        expect(await readOne(`select count(*) from ${schema}.undone`)).toEqual({ longValue: 0 });
      });
    });

    describe('a transaction', () => {
      beforeAll(async () => {
        await execute(`create table ${schema}.steps (id int4 primary key)`);
      });

      test('shows its changes to itself at once and to others after the commit', async () => {
        const transactionId = await begin();
        await execute(`insert into ${schema}.steps values (1)`, { transactionId });
        const sql = `select count(*) from ${schema}.steps where id = 1`;
        expect(await readOne(sql, { transactionId })).toEqual({ longValue: 1 });
        expect(await readOne(sql)).toEqual({ longValue: 0 });
        expect(await commit(transactionId)).toMatchObject({
          transactionStatus: 'Transaction Committed',
        });
        expect(await readOne(sql)).toEqual({ longValue: 1 });
      });

      test('that is rolled back leaves nothing, tables neither', async () => {
        const transactionId = await begin();
        await execute(`create table ${schema}.never (id int4)`, { transactionId });
        expect(await rollback(transactionId)).toMatchObject({
          transactionStatus: 'Rollback Complete',
        });
        expect(await readOne(`select to_regclass('${schema}.never') is null`)).toEqual({
          booleanValue: true,
        });
      });

      test('after an error takes nothing but the way back to a savepoint', async () => {
        const transactionId = await begin();
        await execute('savepoint before', { transactionId });
        await expect(execute('select 1 / 0', { transactionId })).rejects.toThrow(/22012$/);
        await expect(execute('select 1', { transactionId })).rejects.toThrow(/25P02$/);
        await execute('rollback to savepoint before', { transactionId });
        expect(await readOne('select 1', { transactionId })).toEqual({ longValue: 1 });
        await rollback(transactionId);
      });

      test('whose deferred constraint fails at the commit is not committed', async () => {
        await execute(
          `create table ${schema}.deferred (id int4 references ${schema}.steps deferrable initially deferred)`,
        );
        const transactionId = await begin();
        await execute(`insert into ${schema}.deferred values (404)`, { transactionId });
        await expect(commit(transactionId)).rejects.toThrow(/SQLState: 23503$/);
        expect(await readOne(`select count(*) from ${schema}.deferred`)).toEqual({ longValue: 0 });
      });

      test.each(['commit', 'rollback'] as const)('is gone after its %s', async (end) => {
        const transactionId = await begin();
        await (end === 'commit' ? commit(transactionId) : rollback(transactionId));
        const gone = { name: expect.stringMatching(/NotFound|BadRequest/) as string };
        await expect(execute('select 1', { transactionId })).rejects.toMatchObject(gone);
        await expect(commit(transactionId)).rejects.toMatchObject(gone);
      });

      test('belongs to the secret that began it', async () => {
        const transactionId = await begin();
        await expect(
          execute('select 1', { transactionId, secretArn: target.otherSecretArn }),
        ).rejects.toThrow(/[Tt]ransaction/);
        await expect(commit(transactionId, target.otherSecretArn)).rejects.toThrow(
          /[Tt]ransaction/,
        );
        await rollback(transactionId);
      });

      test('with an unknown id is not found', async () => {
        await expect(
          execute('select 1', { transactionId: Buffer.from('no such').toString('base64') }),
        ).rejects.toMatchObject({ name: expect.stringMatching(/NotFound|BadRequest/) as string });
      });

      test('takes one call at a time', async () => {
        const transactionId = await begin();
        const slow = execute('select pg_sleep(0.5)::text', { transactionId });
        await expect(
          Promise.all([slow, execute('select 1', { transactionId })]),
        ).rejects.toMatchObject({
          name: 'DatabaseErrorException',
          message: 'Transaction is still running a query',
        });
        await slow.catch(() => undefined);
        await rollback(transactionId);
      });
    });

    describe('a login', () => {
      test('runs as the role of its secret', async () => {
        const admin = await readOne('select current_user::text');
        const other = await readOne('select current_user::text', {
          secretArn: target.otherSecretArn,
        });
        expect(admin).toHaveProperty('stringValue');
        expect(other).not.toEqual(admin);
      });

      test('with a secret that is not there is refused', async () => {
        await expect(
          execute('select 1', { secretArn: target.missingSecretArn }),
        ).rejects.toMatchObject({
          name: expect.stringMatching(/SecretsErrorException|BadRequestException/) as string,
        });
      });

      test('with a wrong password is refused, and the password is not shown', async () => {
        await expect(execute('select 1', { secretArn: target.wrongSecretArn })).rejects.toThrow(
          /SQLState: 28P01$/,
        );
      });

      test('into a database that is not there is refused', async () => {
        await expect(execute('select 1', { database: 'not_there' })).rejects.toThrow(
          /"not_there" does not exist; SQLState: 3D000$/,
        );
      });
    });
  });
}
