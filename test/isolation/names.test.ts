import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newMigration } from '@tenantry/migrations';
import {
  findRoute,
  parseCreateTenantRequest,
  parseHost,
  parseIsolation,
  parsePoolName,
  parseTenantId,
  parseTenantSlug,
  type Host,
} from '@tenantry/tenancy';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parseControlEvent } from '../../functions/control/parse-control-event.ts';
import { openArena, type Arena } from './arena.ts';
import { naughtyStrings } from './naughty-strings.ts';
import { ways } from './roads.ts';
import { takeSnapshot } from './take-snapshot.ts';
import { openVulnerableApi } from './vulnerable-api.ts';

let arena: Arena;

beforeAll(async () => {
  arena = await openArena();
});
afterAll(async () => {
  await arena.close();
});

const defaults = { baseDomain: 'tenants.test' };
const request = (input: Readonly<Record<string, unknown>>) =>
  parseCreateTenantRequest(
    parseControlEvent({ action: 'create-tenant', input: { slug: 'acme', actor: 'a', ...input } })
      .input,
    defaults,
  );

/** What comes out of each entrance of the control API. */
const entrances: Readonly<Record<string, (text: string) => unknown>> = {
  slug: (slug) => request({ slug }).slug,
  name: (name) => request({ name }).name,
  domain: (domain) => request({ domain }).domain,
  isolation: (isolation) => request({ isolation }).isolation,
  pool: (pool) => request({ isolation: 'table', pool }).pool,
  "a field's name": (key) => Object.keys(request({ fields: { [key]: 'x' } }).fields)[0],
  "a field's value": (value) => request({ fields: { plan: value } }).fields['plan'],
  actor: (actor) => request({ actor }).actor,
};

describe.each(Object.keys(entrances))('as %s', (entrance) => {
  test.each(naughtyStrings)('a hostile text is refused by name, or taken as it is: %j', (text) => {
    const enter = entrances[entrance];
    let taken: unknown;
    try {
      taken = enter?.(text);
    } catch (error) {
      expect(['TENANT_INPUT_INVALID', 'ISOLATION_UNKNOWN']).toContain(
        (error as { code?: string }).code,
      );
      expect((error as Error).message).toMatch(/^[\x20-\x7e]+$/);
      return;
    }
    expect(taken).toBe(entrance === 'name' ? text.trim() : text);
  });
});

test('what names a role, a schema, a database or a host keeps to a few letters of ASCII and far below 63 bytes', () => {
  for (const parse of [parseTenantSlug, parsePoolName, parseTenantId, parseHost, parseIsolation]) {
    for (const text of naughtyStrings) {
      let taken: string | undefined;
      try {
        taken = parse(text);
      } catch {
        continue;
      }
      expect(taken).toMatch(/^[a-z0-9.-]+$/);
      expect(Buffer.byteLength(taken)).toBeLessThanOrEqual(parse === parseHost ? 253 : 40);
    }
  }
});

test('display names and fields are stored to the letter and lead to the same tenant', async () => {
  const { catalog } = arena.cluster;
  const [victim] = arena.victims;
  if (victim === undefined) throw new TypeError('the arena has no victim');
  const accepted = (entrance: string, text: string): string | undefined => {
    try {
      return entrances[entrance]?.(text) as string;
    } catch {
      return undefined;
    }
  };
  for (const text of naughtyStrings) {
    const name = accepted('name', text) ?? 'any name';
    const plan = accepted("a field's value", text) ?? 'any plan';
    const fields = JSON.stringify({ plan });
    const changing = catalog.updateTable('tenants').set({ name, fields });
    await changing.where('id', '=', victim.id).execute();
    const route = await findRoute(catalog, victim.host as Host);
    expect(route?.tenant).toMatchObject({ id: victim.id, name, fields: { plan } });
  }
});

describe.each(ways)('over %s', (way) => {
  test('a hostile host leads to no tenant, and never to another one', async () => {
    const api = openVulnerableApi(arena, way);
    for (const { host } of arena.victims) {
      const label = host.slice(0, host.indexOf('.'));
      const hosts = naughtyStrings.flatMap((text) => [
        text,
        `${text}.${host}`,
        `${text}${host}`,
        `${text}.tenants.test`,
        `${label}${text}.tenants.test`,
        `${host}${text}`,
      ]);
      for (const hostile of hosts.filter((text) => !isSameHost(text, host))) {
        const { status, body } = await api.search(hostile, '');
        expect([hostile, status]).toEqual([hostile, 404]);
        expect(body).not.toContain('asks');
      }
    }
    await api.close();
  });

  test('hostile texts in a table come back to the letter, and are nobody else’s', async () => {
    const before = await takeSnapshots();
    for (const { tenant } of arena.attackers) {
      const db = arena.roads.open(tenant)[way];
      for (const text of naughtyStrings.filter((each) => each !== '' && each.length <= 500)) {
        const insert = sql<{ question: string }>`
          insert into poll (question) values (${text}) returning question`;
        if (text.includes('\u0000')) {
          await expect(insert.execute(db)).rejects.toThrow(/./);
          continue;
        }
        expect((await insert.execute(db)).rows).toEqual([{ question: text }]);
        const found = await sql`select question from poll where question = ${text}`.execute(db);
        expect(found.rows.length).toBeGreaterThan(0);
        const gone =
          tenant.pool === undefined
            ? sql`delete from poll`
            : sql`update poll set tenantry_deleted = true`;
        await sql`${gone} where question = ${text}`.execute(db);
      }
    }
    expect(await takeSnapshots()).toEqual(before);
  });
});

async function takeSnapshots() {
  const snapshots = [];
  for (const victim of arena.victims) snapshots.push((await takeSnapshot(arena, victim))['rows']);
  return snapshots;
}

/** Upper case, one dot at the end and the port of HTTPS are spellings of the same host. */
function isSameHost(text: string, host: string): boolean {
  return text.toLowerCase().replace(/:443$/, '').replace(/\.$/, '') === host;
}

test.each(naughtyStrings)(
  'no role, schema or pool comes of a name that is none, not even from the database itself: %j',
  async (text) => {
    const { provisioner, admin } = arena.cluster;
    const count = async () =>
      (
        await sql`select (select count(*) from pg_roles) as roles, (select count(*) from pg_namespace) as schemas`.execute(
          admin,
        )
      ).rows;
    const before = await count();
    const isPool = /^[a-z][a-z0-9]{0,19}$/.test(text);
    const calls = [
      sql`select tenantry.provision_schema(${text}, 'x', 1)`,
      sql`select tenantry.drop_schema(${text})`,
      sql`select tenantry.provision_pool_tenant(${text}, 'main', 'x', 1)`,
      ...(isPool ? [] : [sql`select tenantry.provision_pool(${text})`]),
    ];
    for (const call of calls) await expect(call.execute(provisioner)).rejects.toThrow(/./);
    expect(await count()).toEqual(before);
  },
);

test('a migration is named as files are, or refused', async () => {
  const root = await mkdtemp(join(tmpdir(), 'tenantry-names-'));
  onTestFinished(async () => await rm(root, { recursive: true }));
  const options = { root, scope: 'tenant', form: 'sql' } as const;
  for (const text of naughtyStrings) {
    for (const names of [
      { module: 'polls', name: text },
      { module: text, name: 'x' },
    ]) {
      const refused = await newMigration({ ...options, ...names }).then(
        () => undefined,
        (error: { code?: string }) => error.code,
      );
      expect([undefined, 'TENANT_INPUT_INVALID']).toContain(refused);
    }
  }
  const files = await readdir(root, { recursive: true });
  const paths = files.filter((file) => file.endsWith('.sql'));
  expect(paths.length).toBeGreaterThan(0);
  for (const path of paths) {
    expect(path).toMatch(/^tenant\/[a-z][a-z0-9_]{0,40}\/\d{4}_[a-z0-9_]{1,60}\.sql$/);
  }
});
