import { openTestCluster, type TestCluster } from '@tenantry/testing';
import { getReleaseState, setStaticSchemaVersion } from '@tenantry/tenancy';
import { sql } from 'kysely';
import { timeInTurn } from '../measure.ts';
import type { Workload } from './workload.ts';

const tenants = 10_000;
const rounds = 100;

/** How long a deploy asks the catalog of 10,000 tenants whether anything is pending; the client's time is in it. */
export async function measureNothingPending({ compiled }: Workload): Promise<string> {
  const cluster = await openTestCluster(compiled, { durable: true });
  try {
    const { shared, site, tenant } = compiled.scopes;
    await fillCatalog(cluster, tenant.hash);
    for (const name of ['shared', 'site'] as const) {
      const { hash } = compiled.scopes[name];
      await setStaticSchemaVersion(cluster.catalog, name, { version: null, hash });
    }
    const hashes = {
      hash: compiled.hash,
      shared: shared.hash,
      site: site.hash,
      tenant: tenant.hash,
    };
    const { behind } = await getReleaseState(cluster.catalog, hashes);
    if (behind !== 0) throw new Error(`${behind} tenants are behind`);
    const { ask } = await timeInTurn(
      { ask: async () => await getReleaseState(cluster.catalog, hashes) },
      rounds,
    );
    return `\nNothing pending, ${tenants} tenants in the catalog: p50 ${ask.p50.toFixed(2)} ms, p99 ${ask.p99.toFixed(2)} ms`;
  } finally {
    await cluster.close();
  }
}

async function fillCatalog({ catalog }: TestCluster, hash: string): Promise<void> {
  await sql`
    insert into catalog.tenants (id, slug, name, isolation, status, cluster_id, version, migrations_hash, created_by)
    select lpad(cast(n as text), 20, '0'), 'tenant-' || n, 'Tenant ' || n, 'schema', 'active', 'main', 'polls/0010', ${hash}, 'bench'
    from generate_series(1, cast(${String(tenants)} as integer)) as n`.execute(catalog);
}
