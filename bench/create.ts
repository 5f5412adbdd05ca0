import { rmSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkSchemas, tenantTarget } from '@tenantry/migrations';
import { newTenantId, ownerNameOf, schemaNameOf, type TenantId } from '@tenantry/tenancy';
import { openTestCluster, passwordOf, type TestCluster } from '@tenantry/testing';
import { sql } from 'kysely';
import type { CreateContender, CreatePlace } from './create/contender.ts';
import { databaseWays } from './create/database-ways.ts';
import { schemaWays } from './create/schema-ways.ts';
import { loadCreateWorkload } from './create/workload.ts';
import { describeMachine, percentiles, throughput, toTable } from './measure.ts';
import { readOptions } from './read-options.ts';

const { tenants, lanes, workload: workloads, only } = readOptions('create');

const head = ['way', 'p50 ms', 'p95 ms', 'ratio', `a second, ${lanes} at once`, 'ratio'];

for (const workload of workloads) await measureWorkload(workload);

async function measureWorkload(name: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-bench-'));
  await chmod(folder, 0o755);
  const compiled = await loadCreateWorkload(name);
  const cluster = await openTestCluster(compiled, { durable: true, folder });
  try {
    const place = openPlace(cluster);
    const ways = [...(await schemaWays(place)), ...(await databaseWays(place))];
    const chosen = ways.filter((way) => new RegExp(only).test(way.name));
    await checkWays(place, chosen);
    console.log(
      `${describeMachine()}; PostgreSQL 17, fsync on; ${name}; ${tenants} tenants each\n`,
    );
    console.log(`${toTable(head, await measure(chosen))}\n`);
  } finally {
    await cluster.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function openPlace(cluster: TestCluster): CreatePlace {
  const open = (role: 'platform_provisioner' | 'platform_migrator') => (database: string) =>
    cluster.openAs(role, passwordOf(role), { database, maxSessions: 1 });
  return {
    cluster,
    openProvisioner: open('platform_provisioner'),
    openMigrator: open('platform_migrator'),
    migrations: cluster.compiled.scopes.tenant.migrations,
  };
}

/** Each way must end where replay ends: the fingerprint and the walls say so. */
async function checkWays(place: CreatePlace, ways: readonly CreateContender[]): Promise<void> {
  for (const way of ways) {
    const id = newTenantId();
    await way.create(id);
    const { migrator, provisioner } = loginsOf(place, way, id);
    const { findings } = await checkSchemas(migrator, 'tenant', {
      compiled: place.cluster.compiled.scopes.tenant,
      targets: [tenantTarget(id)],
    });
    const { rows } = await sql<{ found: readonly string[] }>`
      select tenantry.find_violations(${schemaNameOf(id)}, ${ownerNameOf(id)}) as found`.execute(
      provisioner,
    );
    const differences = [...findings.map((it) => JSON.stringify(it)), ...(rows[0]?.found ?? ['?'])];
    console.error(
      `${way.name}: ${differences.length === 0 ? 'as by replay' : `${differences.length} differences: ${differences[0]}`}`,
    );
  }
}

function loginsOf(place: CreatePlace, { isolation }: CreateContender, id: TenantId) {
  const database = isolation === 'database' ? schemaNameOf(id) : place.cluster.postgres.database;
  return {
    migrator: place.openMigrator(database),
    provisioner: place.openProvisioner(database),
  };
}

async function measure(ways: readonly CreateContender[]): Promise<string[][]> {
  const times = new Map<string, number[]>(ways.map(({ name }) => [name, []]));
  for (let round = 0; round < tenants; round += 1) {
    for (const { name, create } of ways) {
      const start = performance.now();
      await create(newTenantId());
      times.get(name)?.push(performance.now() - start);
    }
  }
  const rates = new Map<string, number>();
  for (const { name, create } of ways)
    rates.set(name, await throughput(() => create(newTenantId()), lanes, tenants));
  return ways.map((way) => {
    const first = ways.find(({ isolation }) => isolation === way.isolation) ?? way;
    const { p50, p95 } = percentiles(times.get(way.name) ?? []);
    const base = percentiles(times.get(first.name) ?? []);
    const rate = rates.get(way.name) ?? Number.NaN;
    return [
      way.name,
      p50.toFixed(0),
      p95.toFixed(0),
      (p50 / base.p50).toFixed(2),
      rate.toFixed(1),
      (rate / (rates.get(first.name) ?? Number.NaN)).toFixed(2),
    ];
  });
}
