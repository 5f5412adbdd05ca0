import { applyMigrations, tenantTarget } from '@tenantry/migrations';
import { parseTenantId, type TenantId } from '@tenantry/tenancy';
import { openTestCluster, type TestCluster } from '@tenantry/testing';
import type { Kysely } from 'kysely';
import { Client } from 'pg';
import { inLanes } from './contender.ts';
import { tenantry } from './tenantry.ts';
import type { Workload } from './workload.ts';

const lockedForMs = 8000;

/** How long the others take while the table of the first tenant is locked for eight seconds, and without that. */
export async function measureSlowTenant(
  workload: Workload,
  options: { readonly tenants: number; readonly lanes: number },
): Promise<string> {
  const free = await migrateAll(workload, options, 0);
  const locked = await migrateAll(workload, options, lockedForMs);
  return [
    `\nOne slow tenant among ${options.tenants}, ${options.lanes} at once, over pg:`,
    `without: all done after ${free.others.toFixed(2)} s`,
    `with: the others after ${locked.others.toFixed(2)} s, the slow one after ${locked.slow.toFixed(2)} s`,
  ].join('\n');
}

async function migrateAll(
  workload: Workload,
  options: { readonly tenants: number; readonly lanes: number },
  lockMs: number,
): Promise<{ readonly others: number; readonly slow: number }> {
  const cluster = await openTestCluster(workload.compiled, { durable: true });
  const way = tenantry(workload, { over: 'pg', lanes: options.lanes });
  const open = await way.open(cluster, options.tenants);
  try {
    await open.create();
    const found = await cluster.catalog.selectFrom('tenants').select('id').execute();
    const ids = found.map(({ id }) => parseTenantId(id));
    return await withLockedTable(cluster, { id: ids[0], lockMs }, async () => {
      const times = await timeEach(cluster, ids, { ...workload, lanes: options.lanes });
      return { others: Math.max(...times.slice(1)), slow: times[0] ?? 0 };
    });
  } finally {
    await open.close();
    await cluster.close();
  }
}

/** Seconds from the start of all to the end of each. */
async function timeEach(
  cluster: TestCluster,
  ids: readonly TenantId[],
  { ten, oneMore, lanes }: Workload & { readonly lanes: number },
): Promise<number[]> {
  const migrator = cluster.migrator as unknown as Kysely<unknown>;
  const knownVersion = ten.at(-1)?.id ?? null;
  const times = new Map<string, number>();
  const start = performance.now();
  await inLanes(ids, lanes, async (id) => {
    await applyMigrations(migrator, tenantTarget(id), [...ten, oneMore], { knownVersion });
    times.set(id, (performance.now() - start) / 1000);
  });
  return ids.map((id) => times.get(id) ?? Number.NaN);
}

async function withLockedTable<Result>(
  { postgres, adminLogin }: TestCluster,
  { id, lockMs }: { readonly id: TenantId | undefined; readonly lockMs: number },
  work: () => Promise<Result>,
): Promise<Result> {
  const { user, password } = adminLogin;
  const client = new Client({ ...postgres, user, password });
  await client.connect();
  try {
    if (lockMs === 0 || id === undefined) return await work();
    await client.query(`set createrole_self_grant = 'set, inherit'; grant o_${id} to ${user}`);
    await client.query(`begin; lock table t_${id}.comment in access exclusive mode`);
    const release = client.query(`select pg_sleep(${lockMs / 1000}); commit`);
    const result = await work();
    await release;
    return result;
  } finally {
    await client.end();
  }
}
