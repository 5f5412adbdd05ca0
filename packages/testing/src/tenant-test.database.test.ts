import { defineEndpoint, createTenantEndpoint } from '@tenantry/middleware';
import type { PollsSharedTables, PollsTenantTables } from '@tenantry/polls';
import { currentTenant } from '@tenantry/tenancy';
import { sql } from 'kysely';
import * as z from 'zod';
import { pollsTest } from '../../../test/support/polls-test.ts';
import type { TestPlatform } from './index.ts';

const ways = { 'the Data API': pollsTest({ over: 'data-api' }), pg: pollsTest({ over: 'pg' }) };

const tenantEndpoint = createTenantEndpoint<PollsTenantTables, PollsSharedTables>();
const count = defineEndpoint({
  method: 'GET',
  path: '/count',
  summary: 'Count the polls',
  responses: { 200: z.object({ tenant: z.string(), role: z.string(), polls: z.number() }) },
});

/** Says who it works for, as the platform, as PostgreSQL and as the data see it. */
const countPolls = tenantEndpoint(count, async ({ db, reply }) => {
  const rows = await db
    .selectFrom('poll')
    .select(['id', sql<string>`current_user`.as('role')])
    .execute();
  const body = {
    tenant: currentTenant().id,
    role: rows[0]?.role ?? 'unknown',
    polls: rows.length,
  };
  return reply(200, body);
});

const countVisits = tenantEndpoint(
  defineEndpoint({
    method: 'POST',
    path: '/visits',
    summary: 'Count a visit',
    responses: { 200: z.object({ visits: z.number() }) },
  }),
  async ({ cache, reply }) => reply(200, { visits: await cache.increment('visits') }),
);

for (const [way, test] of Object.entries(ways)) {
  test(`over ${way} a handler sees its own tenant's rows, as the tenant`, async ({
    tenant,
    other,
    invoke,
    expect,
  }) => {
    await tenant.db.insertInto('poll').values({ question: 'Tea?' }).execute();
    await other.db.insertInto('poll').values({ question: 'A?' }).execute();
    await other.db.insertInto('poll').values({ question: 'B?' }).execute();
    const mine = await invoke(countPolls, { path: '/count' });
    expect(mine.body).toEqual({ tenant: tenant.id, role: `t_${tenant.id}`, polls: 1 });
    const theirs = await invoke(countPolls, { path: '/count', host: other.host });
    expect(theirs.body).toEqual({ tenant: other.id, role: `t_${other.id}`, polls: 2 });
  });

  test(`over ${way} a tenant starts migrated and empty`, async ({ tenant, expect }) => {
    expect(await tenant.db.selectFrom('poll').select('id').execute()).toEqual([]);
    expect(await tenant.shared.selectFrom('category').select('id').execute()).not.toEqual([]);
  });

  test(`over ${way} a handler has its own tenant's cache`, async ({
    tenant,
    other,
    invoke,
    expect,
  }) => {
    await other.cache.set('visits', 40);
    const request = { method: 'POST', path: '/visits' };
    await invoke(countVisits, request);
    expect((await invoke(countVisits, request)).body).toEqual({ visits: 2 });
    const theirs = await invoke(countVisits, { ...request, host: other.host });
    expect(theirs.body).toEqual({ visits: 41 });
    expect(await tenant.cache.get('visits')).toBe(2);
  });

  test(`over ${way} a host without a tenant answers 404`, async ({ invoke, expect }) => {
    const answer = await invoke(countPolls, { path: '/count', host: 'nobody.tenants.test' });
    expect(answer.status).toBe(404);
  });

  test(`over ${way} nothing is left of a released tenant`, async ({ platform, expect }) => {
    const tenant = await platform.createTenant();
    await tenant.db.insertInto('poll').values({ question: 'Tea?' }).execute();
    await tenant.shared.selectFrom('category').select('id').execute();
    expect(await tracesOf(tenant.id, platform)).toEqual({ roles: 2, schemas: 1, routes: 1 });
    await platform.releaseTenant(tenant);
    expect(await tracesOf(tenant.id, platform)).toEqual({ roles: 0, schemas: 0, routes: 0 });
    await expect.poll(() => sessionsOf(tenant.id, platform)).toBe(0);
    const answer = await platform.invoke(countPolls, { path: '/count', host: tenant.host });
    expect(answer.status).toBe(404);
  });
}

type Platform = TestPlatform<PollsTenantTables, PollsSharedTables>;

async function tracesOf(id: string, { cluster }: Platform) {
  const countIn = (from: string, name: string) => sql`(select cast(count(*) as integer)
    from ${sql.raw(from)} where ${sql.ref(name)} in (${`t_${id}`}, ${`o_${id}`}, ${id}))`;
  const traces = await sql<
    Record<string, number>
  >`select ${countIn('pg_roles', 'rolname')} as roles,
    ${countIn('pg_namespace', 'nspname')} as schemas`.execute(cluster.admin);
  const routes = await cluster.catalog
    .selectFrom('routes')
    .select('host')
    .where('tenant_id', '=', id)
    .execute();
  return { ...traces.rows[0], routes: routes.length };
}

async function sessionsOf(id: string, { cluster }: Platform): Promise<number | undefined> {
  const result = await sql<{ sessions: number }>`select cast(count(*) as integer) as sessions
    from pg_stat_activity where usename = ${`t_${id}`}`.execute(cluster.provisioner);
  return result.rows[0]?.sessions;
}
