import { createDataApiClient, DataApiDialect } from '@tenantry/database';
import { openTestDataApi, openTestPostgres } from '@tenantry/local';
import { Kysely, sql } from 'kysely';
import { Bench } from 'tinybench';
import { openKyselyDataApi } from '../test/contract/kysely-data-api/open-kysely-data-api.ts';
import { describeMachine, timeInTurn, toTable } from './measure.ts';
import { readOptions } from './read-options.ts';

/** Columns of the types that both dialects can carry. */
interface Tables {
  poll: { id: number; question: string; votes: number; isOpen: boolean };
}

const columnTypes = { poll: { id: 'int4', question: 'text', votes: 'int4', isOpen: 'bool' } };
const place = { resourceArn: 'arn:aws:rds:bench', secretArn: 'arn:admin', database: 'tenantry' };
const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };

const statements = {
  'one row by its key': (db: Kysely<Tables>) =>
    db.selectFrom('poll').selectAll().where('id', '=', 7),
  'a page of 50 rows': (db: Kysely<Tables>) =>
    db
      .selectFrom('poll')
      .selectAll()
      .where('votes', '>=', 0)
      .where('isOpen', '=', true)
      .orderBy('id')
      .limit(50),
  'ten rows by their keys': (db: Kysely<Tables>) =>
    db
      .selectFrom('poll')
      .select(['id', 'question'])
      .where('id', 'in', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
  'an update': (db: Kysely<Tables>) =>
    db
      .updateTable('poll')
      .set({ votes: 3, question: 'How many?' })
      .where('id', '=', 9)
      .returning('votes'),
};

/** Median of the times of one call, in microseconds. */
type Medians = Readonly<Record<string, number>>;

async function main(): Promise<void> {
  const server = await openTestPostgres();
  const { postgres } = server;
  const { user: username, password } = postgres.admin;
  const dataApi = await openTestDataApi({ postgres, readSecret: () => ({ username, password }) });
  try {
    const client = createDataApiClient({ endpoint: dataApi.url, region: 'us-east-1', credentials });
    const driver = { client, ...place };
    const dialect = new DataApiDialect({ mode: 'postgres', driver, columnTypes });
    const ours = new Kysely<Tables>({ dialect });
    const theirs = openKyselyDataApi<Tables>({ endpoint: dataApi.url, ...place });
    await fill(ours);
    const dialects = { ours, theirs: theirs as unknown as Kysely<Tables> };
    print(await measureCompiling(dialects), await measureExecuting(dialects));
    client.destroy();
  } finally {
    await dataApi.close();
    await server.close();
  }
}

async function fill(db: Kysely<Tables>): Promise<void> {
  await sql`create table poll (id int4 primary key, question text, votes int4, "isOpen" bool)`.execute(
    db,
  );
  await sql`insert into poll select i, 'Question ' || i, i, true from generate_series(1, 100) as i`.execute(
    db,
  );
}

type Dialects = Readonly<Record<'ours' | 'theirs', Kysely<Tables>>>;

async function measureCompiling(dialects: Dialects): Promise<Medians> {
  const bench = new Bench({ time: 1500, warmupTime: 300 });
  for (const [title, build] of Object.entries(statements)) {
    for (const [name, db] of Object.entries(dialects)) {
      bench.add(`${title}/${name}`, () => void build(db).compile());
    }
  }
  await bench.run();
  return Object.fromEntries(
    bench.tasks.map(({ name, result }) => {
      if (result.state !== 'completed') throw new Error(`${name}: ${result.state}`);
      return [name, result.latency.p50 * 1000];
    }),
  );
}

/** In turn, because a call takes milliseconds and what else the machine does would fall on one of the two. */
async function measureExecuting(dialects: Dialects): Promise<Medians> {
  const works = Object.entries(statements).flatMap(([title, build]) =>
    Object.entries(dialects).map(
      ([name, db]) => [`${title}/${name}`, () => build(db).execute()] as const,
    ),
  );
  const times = await timeInTurn(Object.fromEntries(works), 300);
  return Object.fromEntries(Object.entries(times).map(([name, { p50 }]) => [name, p50 * 1000]));
}

function print(compiled: Medians, executed: Medians): void {
  const head = ['statement', 'built and compiled', 'ratio', 'over the local Data API', 'ratio'];
  const rows = Object.keys(statements).map((title) => [
    title,
    ...compareMedians(compiled, title),
    ...compareMedians(executed, title),
  ]);
  console.log(`${describeMachine()}\n\n${toTable(head, rows)}`);
}

function compareMedians(medians: Medians, title: string): string[] {
  const ours = medians[`${title}/ours`] ?? Number.NaN;
  const theirs = medians[`${title}/theirs`] ?? Number.NaN;
  return [`${ours.toFixed(1)} µs, ${theirs.toFixed(1)} µs`, (ours / theirs).toFixed(2)];
}

readOptions('dialect');
await main();
