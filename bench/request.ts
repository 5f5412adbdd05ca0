import { randomUUID } from 'node:crypto';
import { toTestEvent } from '@tenantry/local';
import { createCredentialsCache, openPgTenants } from '@tenantry/database';
import {
  createTenantEndpoint,
  createTenantResolver,
  defineEndpoint,
  tenantApi,
  type HttpHandler,
  type TenantEndpoint,
} from '@tenantry/middleware';
import {
  tenantVisibleColumnTypes,
  type PollsSharedTables,
  type PollsTenantTables,
} from '@tenantry/polls';
import {
  openTestPlatform,
  type OwnedTenant,
  type Over,
  type TestPlatform,
} from '@tenantry/testing';
import { sql } from 'kysely';
import { Client, Pool } from 'pg';
import * as z from 'zod';
import { listPolls } from '../functions/api/list-polls.ts';
import { migrationRoots } from '../test/support/migration-roots.ts';
import {
  describeMachine,
  percentiles,
  throughput,
  timeInTurn,
  toTable,
  type Times,
} from './measure.ts';
import { readOptions } from './read-options.ts';

const { rounds, tenants: manyTenants } = readOptions('request');
const lanes = 16;
const polls = 10;

type Platform = TestPlatform<PollsTenantTables, PollsSharedTables>;
type Tenant = OwnedTenant<PollsTenantTables, PollsSharedTables>;

const nothing = defineEndpoint({
  method: 'GET',
  path: '/nothing',
  summary: 'Ask the database nothing',
  responses: { 200: z.object({}) },
});
const doNothing = createTenantEndpoint<PollsTenantTables, PollsSharedTables>()(
  nothing,
  async ({ reply }) => reply(200, {}),
);

// The statement that GET /polls runs, with its values written in.
const bareStatement = `select id, question, created_at from poll order by id desc limit 101`;

console.log(describeMachine());
for (const over of ['pg', 'data-api'] as const) await measure(over);

async function measure(over: Over): Promise<void> {
  const platform = await openTestPlatform<PollsTenantTables, PollsSharedTables>({
    migrations: migrationRoots,
    columnTypes: tenantVisibleColumnTypes,
    over,
  });
  try {
    const first = await createTenant(platform);
    await measureWarm(over, { platform, tenant: first });
    await measureCold(over, platform);
    await measureRoundRobin(over, { platform, first });
  } finally {
    await platform.close();
  }
}

async function createTenant(platform: Platform): Promise<Tenant> {
  const tenant = await platform.createTenant();
  await withBareSession(platform, tenant, (client) =>
    client.query('insert into poll (question) select $1 from generate_series(1, $2)', [
      tenant.slug,
      polls,
    ]),
  );
  return tenant;
}

/** A function that sends the request to the tenant's host, and throws for any other answer than the tenant's own. */
function requester(
  handler: HttpHandler,
  { endpoint }: TenantEndpoint<PollsTenantTables, PollsSharedTables>,
) {
  return async ({ host, slug }: Tenant): Promise<void> => {
    const event = toTestEvent({
      method: endpoint.method,
      target: endpoint.path,
      host,
      headers: {},
      body: '',
    });
    const context = { awsRequestId: randomUUID(), functionName: 'bench' };
    const { statusCode, body = '' } = await handler(event, context as never);
    const isTenants = endpoint === nothing || body.split(`"${slug}"`).length === polls + 1;
    if (statusCode !== 200 || !isTenants) throw new Error(`${host}: ${statusCode} ${body}`);
  };
}

/** Runs `work` on a session of its own, logged in as the tenant. */
async function withBareSession<Result>(
  { cluster }: Platform,
  { login }: Tenant,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const { username: user, password } = login;
  const client = new Client({ ...cluster.postgres, user, password });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function measureWarm(
  over: Over,
  { platform, tenant }: { readonly platform: Platform; readonly tenant: Tenant },
): Promise<void> {
  const list = requester(platform.apiOf([listPolls]), listPolls);
  const walls = requester(platform.apiOf([doNothing]), doNothing);
  await withBareSession(platform, tenant, async (client) => {
    const bare = () => client.query(bareStatement);
    const times = await timeInTurn(
      {
        'bare pg query': bare,
        'the same through the dialect': () => selectAll(tenant),
        'GET /polls through everything': () => list(tenant),
        'host, credentials, context; no SQL': () => walls(tenant),
      },
      rounds,
    );
    report(`Warm, one tenant, over ${over}, one request at a time`, times);
    const ofBare = await throughputOfBare(platform, tenant);
    const ofAll = await throughput(() => list(tenant), lanes, rounds);
    console.log(
      `\n${lanes} at once: GET /polls ${ofAll.toFixed(0)}/s; bare queries over two sessions ${ofBare.toFixed(0)}/s (${(ofBare / ofAll).toFixed(1)} times as many)`,
    );
  });
}

async function throughputOfBare({ cluster }: Platform, { login }: Tenant): Promise<number> {
  const { username: user, password } = login;
  const pool = new Pool({ ...cluster.postgres, user, password, max: 2 });
  try {
    return await throughput(() => pool.query(bareStatement), lanes, rounds);
  } finally {
    await pool.end();
  }
}

async function selectAll({ db }: Tenant): Promise<void> {
  await db
    .selectFrom('poll')
    .select(['id', 'question', 'created_at as createdAt'])
    .orderBy('id', 'desc')
    .limit(101)
    .execute();
}

/** The first request of a tenant: catalog, login, new session. */
async function measureCold(over: Over, platform: Platform): Promise<void> {
  const list = requester(platform.apiOf([listPolls]), listPolls);
  const times: { bare: number[]; request: number[] } = { bare: [], request: [] };
  for (let count = 0; count < 50; count += 1) {
    const tenant = await createTenant(platform);
    times.request.push(await timeOf(() => list(tenant)));
    times.bare.push(
      await timeOf(() =>
        withBareSession(platform, tenant, (client) => client.query(bareStatement)),
      ),
    );
    await platform.releaseTenant(tenant);
  }
  report(`Cold, the first request of each of 50 tenants, over ${over}`, {
    'new session and bare pg query': percentiles(times.bare),
    'GET /polls through everything': percentiles(times.request),
  });
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** The same requests spread over more and more tenants; in turn with requests of the first one. */
async function measureRoundRobin(
  over: Over,
  { platform, first }: { readonly platform: Platform; readonly first: Tenant },
): Promise<void> {
  const tenants = [first];
  const { handler, close } = openApi(over, { platform, tenants });
  const list = requester(handler, listPolls);
  const rows: string[][] = [];
  for (const count of [1, 50, manyTenants]) {
    while (tenants.length < count) tenants.push(await createTenant(platform));
    const ask = (round: number) => list(tenants[round % count] ?? first);
    const calls = Math.max(rounds, 2 * count);
    const { one, all } = await timeInTurn({ one: () => list(first), all: ask }, calls);
    const atOnce = await throughput(ask, lanes, calls);
    rows.push([
      String(count),
      ...cellsOf(all),
      (all.p50 / one.p50).toFixed(2),
      (all.p95 / one.p95).toFixed(2),
      atOnce.toFixed(0),
      String(await countSessions(platform)),
      (process.memoryUsage().rss / 2 ** 20).toFixed(0),
    ]);
  }
  await close();
  console.log(`\n### Round robin over ${over}\n`);
  const head = ['tenants', 'p50 ms', 'p95 ms', 'p99 ms', 'p50 to one', 'p95 to one'];
  console.log(toTable([...head, `${lanes} at once, /s`, 'sessions', 'MiB'], rows));
}

/** The API with the sessions that a server has: as many as the local Data API keeps, whatever the number of tenants. */
function openApi(
  over: Over,
  { platform, tenants }: { readonly platform: Platform; readonly tenants: readonly Tenant[] },
) {
  if (over === 'data-api') return { handler: platform.apiOf([listPolls]), close: async () => {} };
  const { cluster } = platform;
  const credentials = createCredentialsCache(async (secretArn) => {
    const owner = tenants.find(({ login }) => login.secretArn === secretArn);
    if (owner === undefined) throw new TypeError(`nobody has the secret ${secretArn}`);
    return owner.login;
  });
  const { host, port } = cluster.postgres;
  const opened = openPgTenants({ host, port, credentials, maxSessions: 60, maxSessionsPerRole: 8 });
  const handler = tenantApi({
    endpoints: [listPolls],
    resolver: createTenantResolver(cluster.catalog, { maxLookupsPerSecond: 1_000_000 }),
    open: ({ secretArn, database }) => opened.open({ secretArn, database }),
  });
  return { handler, close: async () => await opened.close() };
}

async function countSessions({ cluster }: Platform): Promise<number> {
  const result = await sql<{ count: number }>`select cast(count(*) as integer) as count
    from pg_stat_activity where usename like 't\\_%'`.execute(cluster.provisioner);
  return result.rows[0]?.count ?? 0;
}

function report(title: string, times: Readonly<Record<string, Times>>): void {
  const [base] = Object.values(times);
  const rows = Object.entries(times).map(([name, time]) => [
    name,
    ...cellsOf(time),
    (time.p50 / (base?.p50 ?? 1)).toFixed(2),
    (time.p95 / (base?.p95 ?? 1)).toFixed(2),
  ]);
  const head = ['what', 'p50 ms', 'p95 ms', 'p99 ms', 'ratio p50', 'ratio p95'];
  console.log(`\n### ${title}\n\n${toTable(head, rows)}`);
}

function cellsOf({ p50, p95, p99 }: Times): string[] {
  return [p50, p95, p99].map((value) => value.toFixed(3));
}
