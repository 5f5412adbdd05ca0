import { once } from 'node:events';
import { sql } from 'kysely';
import { Client, type Notification } from 'pg';
import { createDataApiClient, runReadOnlyAttacks } from '@tenantry/database';
import { openTestDataApi } from '@tenantry/local';
import { ExecuteStatementCommand } from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openArena, type Arena, type Attacker } from './arena.ts';
import type { Citizen, Kind } from './citizens.ts';
import { ways, type Run, type Way } from './roads.ts';

let arena: Arena;

beforeAll(async () => {
  arena = await openArena();
});
afterAll(async () => {
  await arena.close();
});

function attackerOf(kind: Kind): Attacker {
  return find(arena.attackers, ({ place }) => place === kind);
}

function victimOf(kind: Kind): Citizen {
  return find(arena.victims, (victim) => victim.kind === kind);
}

function find<Item>(items: readonly Item[], isIt: (item: Item) => boolean): Item {
  const item = items.find(isIt);
  if (item === undefined) throw new TypeError('the arena has none');
  return item;
}

async function stateOf(running: Promise<unknown>): Promise<string> {
  return await running.then(
    () => 'ran',
    (error: unknown) => stateIn(error),
  );
}

function stateIn(error: unknown): string {
  const { code, message, name } = error as Error & { code?: string };
  return code ?? /SQLState: (\w{5})/.exec(message)?.[1] ?? name;
}

async function connect({ role, password, database }: Citizen): Promise<Client> {
  const { host, port } = arena.cluster.postgres;
  const client = new Client({ host, port, user: role, password, database });
  // A session that the server ends is no error of the test.
  client.on('error', () => undefined);
  await client.connect();
  onTestFinished(async () => await client.end());
  return client;
}

describe.each(ways)('over %s', (way) => {
  test('names of tenants that can be seen are opaque ids', async () => {
    for (const { run } of arena.attackers) {
      const names = await run[way]([
        `select rolname::text from pg_roles union select nspname from pg_namespace union select datname from pg_database`,
      ]);
      const unknown = names
        .flat()
        .filter((name) => !/^(t|o)_[a-z0-9]{16,32}$|^p[od]?_[a-z][a-z0-9]{0,19}$/.test(name));
      expect(unknown.filter((name) => !platformNames.test(name))).toEqual([]);
    }
  });

  test("of others' sessions a tenant sees role, database and process, and nothing of what they do", async () => {
    const session = await connect(victimOf('schema'));
    await session.query('select $1::text as of_the_victim', ['bound']);
    const { run } = attackerOf('schema');
    const [columns = []] = await run[way]([
      `select string_agg(key, ',' order by key) from pg_stat_activity a, jsonb_each_text(to_jsonb(a))
       where usename = '${victimOf('schema').role}' and value is not null and value <> ''`,
    ]);
    expect(columns[0]?.split(',').filter((column) => !harmlessColumns.has(column))).toEqual([]);
    const [query = []] = await run[way]([
      `select distinct query from pg_stat_activity where usename = '${victimOf('schema').role}'`,
    ]);
    expect(query).toEqual(['<insufficient privilege>']);
  });

  test("statistics tell how many rows a table of the same database has, a database of one's own hides it", async () => {
    const { role, schema } = victimOf('schema');
    const counted = `select n_live_tup from pg_stat_all_tables where schemaname = '${schema}' and relname = 'poll'`;
    const visible = await attackerOf('schema').run[way]([counted]);
    expect(visible).toHaveLength(1);
    expect(await attackerOf('database').run[way]([counted])).toEqual([]);
    const own = victimOf('database').schema;
    const sizes = `select count(*) from pg_stat_all_tables where schemaname = '${own}'`;
    expect(await attackerOf('schema').run[way]([sizes])).toEqual([['0']]);
    const column = `select count(*) from pg_stats where schemaname in ('${schema}', '${role}')`;
    expect(await attackerOf('schema').run[way]([column])).toEqual([['0']]);
  });

  test("a tenant's own settings lead its next session nowhere but astray", async () => {
    const tenant = await arena.create('schema');
    const run = arena.roads.runAs(tenant)[way];
    const victim = victimOf('schema');
    const count = "select count(*) from poll where question like 'obsidian%'";
    for (const setting of [
      `search_path = ${victim.schema}, public`,
      `role = '${victim.role}'`,
      `statement_timeout = 0`,
    ]) {
      await run([`alter role ${tenant.role} set ${setting}`]);
      const session = await connect(tenant);
      const { rows } = await session.query('select current_user::text as me');
      expect(rows).toEqual([{ me: tenant.role }]);
      const state = await stateOf(session.query(count));
      expect(state).toBe(setting.startsWith('search_path') ? '42P01' : 'ran');
      await run([`alter role ${tenant.role} reset ${setting.split(' ')[0] ?? ''}`]);
    }
  });

  test('what a request leaves in its session is gone in the next one', async () => {
    for (const { run } of arena.attackers) {
      const before = await run[way]([sessionState]);
      for (const statement of [
        'set search_path = pg_catalog',
        'set statement_timeout = 1234',
        'set role app_tenants',
        "set app.tenant = 'left'",
        'listen left_behind',
        'prepare left_behind as select 1',
        'declare left_behind cursor with hold for select 1',
        'select pg_advisory_lock(4711) is null',
        'begin',
      ]) {
        // Whatever becomes of it, the next request must not notice.
        await stateOf(run[way]([statement]));
        expect([statement, await run[way]([sessionState])]).toEqual([statement, before]);
      }
    }
  });

  test('whether another tenant has a row cannot be learned from what a foreign key says', async () => {
    for (const { tenant, run } of arena.attackers.filter(({ place }) => !place.includes('home'))) {
      const ids = [...victimOf(tenant.kind).pollIds.slice(-1), '999999'];
      const messages = [];
      for (const id of ids) {
        const insert = `insert into choice (poll_id, position, text) values (${id}, 7, 'mine')`;
        const error = await run[way]([insert]).then(
          () => undefined,
          (reason: unknown) => reason as Error & { detail?: string },
        );
        messages.push(`${error?.message} ${error?.detail}`.replaceAll(id, 'ID'));
      }
      expect(messages[0]).toMatch(/foreign key/);
      expect(messages[0]).toBe(messages[1]);
    }
  });

  test('the attacks of tenantry isolation check hold against every tenant', async () => {
    for (const { place, tenant, victims } of arena.attackers) {
      if (place.includes('home')) continue;
      for (const victim of victims) {
        const results = await runReadOnlyAttacks(arena.roads.open(tenant)[way], {
          self: tenant,
          victim,
        });
        expect(results.length).toBeGreaterThan(50);
        expect(results.filter(({ hasHeld }) => !hasHeld)).toEqual([]);
      }
    }
  });

  test('the attacks of tenantry isolation check find a further database that tenants may enter', async () => {
    const { admin } = arena.cluster;
    await sql`grant connect on database postgres to app_tenants`.execute(admin);
    const through = [];
    for (const { place, tenant, victims } of arena.attackers) {
      if (place.includes('home')) continue;
      const [victim = tenant] = victims;
      const results = await runReadOnlyAttacks(arena.roads.open(tenant)[way], {
        self: tenant,
        victim,
      });
      through.push(...results.filter(({ hasHeld }) => !hasHeld).map(({ name }) => name));
    }
    await sql`revoke connect on database postgres from app_tenants`.execute(admin);
    expect(through).toEqual(through.map(() => 'find a way to another database'));
    expect(through).toHaveLength(4);
  });

  test('a tenant that logs in as often as it may locks nobody else out', async () => {
    const tenant = await arena.create('schema');
    const { host, port } = arena.cluster.postgres;
    const { role: user, password, database } = tenant;
    const sessions: Client[] = [];
    try {
      let state = 'ran';
      while (state === 'ran' && sessions.length < 100) {
        const client = new Client({ host, port, user, password, database });
        client.on('error', () => undefined);
        state = await stateOf(client.connect());
        if (state === 'ran') sessions.push(client);
      }
      expect(state).toBe('53300');
      const others = arena.roads.runAs(victimOf('schema'))[way];
      expect(await others(['select count(*) > 0 from poll'])).toEqual([['true']]);
    } finally {
      await Promise.all(sessions.map(async (client) => await client.end()));
    }
  });
});

test('no text that a tenant can see anywhere in the catalog was chosen by a customer', async () => {
  const chosen = arena.victims.flatMap(({ slug, name, marker, password }) => [
    slug,
    name,
    marker,
    password,
  ]);
  const hex = Buffer.from([...chosen, 'gamma-plan'].join('|')).toString('hex');
  // Written in hex, because PostgreSQL shows an attacker its own statement.
  const pattern = `convert_from(decode('${hex}', 'hex'), 'utf8')`;
  const [first] = arena.attackers;
  // The same catalog whichever way it is asked; information_schema shows parts of it.
  const asked = arena.attackers.map((attacker): [Attacker, Way] => [attacker, 'pg']);
  for (const [{ place, run }, way] of [...asked, [first, 'data-api'] as [Attacker, Way]]) {
    const relations = await run[way]([
      `select quote_ident(n.nspname) || '.' || quote_ident(c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'v', 'm', 'p', 'S') and n.nspname = 'pg_catalog' and has_schema_privilege(n.oid, 'usage')
       and has_table_privilege(c.oid, 'select') order by 1`,
    ]);
    expect(relations.length).toBeGreaterThan(100);
    for (const [relation = ''] of relations) {
      const found = await countOrRefusal(
        run[way],
        `select count(*) from ${relation} x where x::text ~ ${pattern}`,
      );
      expect([place, relation, found]).toEqual([place, relation, '0']);
    }
  }
});

const platformNames =
  /^(pg_.*|information_schema|public|postgres|template[01]|tenantry|tenantry_(admin|reference)|[to]_reference|app_(tenants|dedicated)|o_(shared|site|catalog)|platform_\w+|catalog_(reader|writer)|site|shared|catalog)$/;

const harmlessColumns = new Set([
  'datid',
  'datname',
  'pid',
  'usesysid',
  'usename',
  'application_name',
  'query',
]);

const sessionState = `select current_setting('search_path'), current_setting('statement_timeout'), current_user::text,
  coalesce(current_setting('app.tenant', true), ''), (select count(*) from pg_listening_channels()),
  (select count(*) from pg_prepared_statements where name = 'left_behind'), (select count(*) from pg_cursors where name = 'left_behind'),
  (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid())`;

async function countOrRefusal(run: Run, query: string): Promise<string> {
  try {
    const [[count = ''] = []] = await run([query]);
    return count;
  } catch (error) {
    // Some views ask for more rights than they are granted with.
    if (stateIn(error) !== '42501') throw error;
    return '0';
  }
}

test.each([
  ['schema', 'schema', 'heard'],
  ['schema', 'database', 'silence'],
  ['database', 'database', 'silence'],
  ['database', 'schema', 'silence'],
] as const)(
  'what a tenant of %s sends with NOTIFY is, to a tenant of %s that listens: %s',
  async (from, to, outcome) => {
    const sender = await connect(victimOf(from));
    const listener = await connect(attackerOf(to).tenant);
    const heard: (string | undefined)[] = [];
    listener.on('notification', ({ payload }: Notification) => heard.push(payload));
    await listener.query('listen polls_changed');
    await sender.query("notify polls_changed, 'from the victim'");
    // Its own message comes after all that were sent before.
    const own = once(listener, 'notification');
    await listener.query("notify polls_changed, 'own'");
    if (heard.length === 0) await own;
    await listener.query('select 1');
    expect(heard.filter((payload) => payload !== 'own')).toEqual(
      outcome === 'heard' ? ['from the victim'] : [],
    );
  },
);

test('a statement without a time limit of its own ends with the call, and its process with it', async () => {
  const { role, password, database, secretArn } = attackerOf('schema').tenant;
  const dataApi = await openTestDataApi({
    postgres: arena.cluster.postgres,
    readSecret: () => ({ username: role, password }),
    callTimeoutMs: 300,
  });
  const client = createDataApiClient({
    endpoint: dataApi.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const resourceArn = 'arn:aws:rds:us-east-1:000000000000:cluster:test';
  const sleeping = client.send(
    new ExecuteStatementCommand({
      resourceArn,
      secretArn,
      database,
      sql: "select set_config('statement_timeout', '0', false), pg_sleep(600)::text",
    }),
  );
  expect(await stateOf(sleeping)).toBe('StatementTimeoutException');
  const running = `select count(*) from pg_stat_activity where usename = '${role}' and state = 'active' and query like '%pg_sleep(600)%' and pid <> pg_backend_pid()`;
  const countRunning = async () => (await attackerOf('schema').run.pg([running]))[0]?.[0];
  await expect.poll(countRunning, { timeout: 20_000 }).toBe('0');
  client.destroy();
  await dataApi.close();
});
