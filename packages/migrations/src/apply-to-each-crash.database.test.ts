import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openTestPostgres } from '@tenantry/local';
import { openTestCluster, type TestCluster } from '@tenantry/testing';
import { sql } from 'kysely';
import { Client } from 'pg';
import { expect, inject, onTestFinished, test } from 'vitest';
import { createTestTenant, type TestTenant } from '../../../test/support/open-test-cluster.ts';
import { applyMigrations, applyToEach, tenantTarget } from './index.ts';
import { compileFiles } from './test-files.ts';

const files = {
  'tenant/polls/0001_a.sql': 'create table a (n int);',
  'tenant/polls/0002_more.sql': 'alter table a add more int;',
};

async function openDurableCluster(): Promise<TestCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-crash-'));
  onTestFinished(async () => await rm(folder, { recursive: true, force: true }));
  // The server, which is another user where root runs the tests, has to get to its data.
  await chmod(folder, 0o755);
  const { prepared: template } = inject('serverTemplates');
  const cluster = await openTestCluster(await compileFiles(files), {
    durable: true,
    folder,
    template,
  });
  onTestFinished(async () => await cluster.close());
  return cluster;
}

/** Ends the server as a crash does, and begins another one with what it left on the disk. */
async function crash({ dataDir, postgres }: TestCluster): Promise<Client> {
  const { clusterDir } = JSON.parse(readFileSync(join(dataDir, 'postgres.json'), 'utf8')) as {
    readonly clusterDir: string;
  };
  const pidFile = resolve(dataDir, clusterDir, 'postmaster.pid');
  const [pid] = readFileSync(pidFile, 'utf8').split('\n');
  process.kill(Number(pid), 'SIGKILL');
  await expect.poll(() => isAlive(Number(pid)), { interval: 2 }).toBe(false);
  const server = await openTestPostgres({ template: dataDir });
  const { host, port, admin } = server.postgres;
  const client = new Client({ ...admin, host, port, database: postgres.database });
  onTestFinished(async () => {
    await client.end();
    await server.close();
  });
  await client.connect();
  return client;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function countApplied(client: Client, { schema }: TestTenant): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `select cast(count(*) as int) as count from "${schema}".tenantry_ledger`,
  );
  return rows[0]?.count ?? 0;
}

async function fail(cluster: TestCluster, { schema }: TestTenant): Promise<void> {
  await sql`alter table ${sql.table(`${schema}.a`)} add more int`.execute(cluster.admin);
}

/** Ends the session that would migrate this tenant. */
async function breakOff(cluster: TestCluster, { schema }: TestTenant): Promise<void> {
  await sql`create function ${sql.id(schema)}.die() returns trigger language plpgsql security definer
    as 'begin perform pg_terminate_backend(pg_backend_pid()); return new; end'`.execute(
    cluster.admin,
  );
  await sql`create trigger die before insert on ${sql.table(`${schema}.tenantry_ledger`)}
    for each row execute function ${sql.id(schema)}.die()`.execute(cluster.admin);
}

test.each([
  ['all are migrated', async () => undefined, [2, 2, 2, 2]],
  ['the last one is left open', fail, [2, 2, 2, 1]],
  ['the call is broken off at the last one', breakOff, [2, 2, 2, 1]],
])(
  'what is known of schemas migrated in one call outlives a crash of the server at that moment: %s',
  async (_, prepare, expected) => {
    const cluster = await openDurableCluster();
    const { migrations } = cluster.compiled.scopes.tenant;
    const tenants: TestTenant[] = [];
    for (const index of expected.keys()) {
      const tenant = await createTestTenant(cluster, { migrate: false });
      await applyMigrations(cluster.migrator, tenantTarget(tenant.id), migrations.slice(0, 1));
      if (index === expected.length - 1) await prepare(cluster, tenant);
      tenants.push(tenant);
    }
    const targets = tenants.map(({ id }) => ({
      target: tenantTarget(id),
      knownVersion: 'polls/0001_a',
    }));
    await applyToEach(cluster.migrator, targets, migrations).catch(() => undefined);
    const client = await crash(cluster);
    const applied: number[] = [];
    for (const tenant of tenants) applied.push(await countApplied(client, tenant));
    expect(applied).toEqual(expected);
  },
);
