import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { provisionTenantSchema } from '@tenantry/database';
import { applyMigrations, compileMigrations, tenantTarget } from '@tenantry/migrations';
import {
  DatabaseUnavailableError,
  exchangeRunItems,
  finishRun,
  judgeWave,
  newTenantId,
  nextWave,
  upsertCluster,
  type FleetRunResult,
  type MigrateFleetRequest,
  type MigrateTenantsInput,
  type NextWaveResult,
  type Run,
  type TakenTenant,
  type TenantId,
  type TenantStatus,
} from '@tenantry/tenancy';
import { openTestCluster, type TestCluster } from '@tenantry/testing';
import { sql } from 'kysely';
import { inject } from 'vitest';
import { beginRun } from '../../functions/fleet/begin-run.ts';
import { changeTenant, openChange } from '../../functions/fleet/change-tenant.ts';
import type { Fleet } from '../../functions/fleet/fleet.ts';
import { migrateWave } from '../../functions/fleet/migrate-wave.ts';
import { migrationRoots } from './migration-roots.ts';

/** Migrations by file, below the folder of their root: `tenant/shop/0001_initial.sql`. */
export type TestMigrations = Readonly<Record<string, string>>;

/** A fleet on a real PostgreSQL without workflows around it: a test takes the steps itself. */
export interface TestFleet {
  readonly cluster: TestCluster;
  /** The fleet as functions see it that were built with the present migrations. */
  readonly fleet: Fleet;
  /** Builds the functions anew with these migrations. */
  build(migrations: TestMigrations): Promise<void>;
  /** An active tenant that has the present migrations, or none. */
  addTenant(
    slug: string,
    options?: { readonly migrate?: false; readonly cluster?: string },
  ): Promise<TenantId>;
  /** Adds a further cluster, a server of its own, and answers how to lose it. */
  addCluster(id: string, concurrency?: number): Promise<{ lose(): Promise<void> }>;
  request(options?: Partial<MigrateFleetRequest>): MigrateFleetRequest;
  /** Takes all steps of `migrate-fleet`, as the state machine does. */
  run(options?: Partial<MigrateFleetRequest>): Promise<FleetRunResult>;
  /** The steps after `start-run`. */
  goOn(runId: string): Promise<FleetRunResult>;
  work(input: MigrateTenantsInput): Promise<{ readonly done: number }>;
  /** Takes tenants of a run's next wave as a worker does, and does nothing with them. */
  take(run: Run, options: { readonly leaseSeconds: number }): Promise<readonly TakenTenant[]>;
  /** A worker that takes all tenants of a run, changes the named one, and dies before it can say so. */
  dieAfterChange(run: Run, slug: string): Promise<void>;
  setStatus(slug: string, status: TenantStatus): Promise<void>;
  /** Forgets all runs and tenants; their schemas stay. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

let executions = 0;

/** Starts a server whose catalog is the platform's and whose tenants have the given migrations. */
export async function openTestFleet(migrations: TestMigrations): Promise<TestFleet> {
  let compiled = await compile(migrations);
  const { empty: template } = inject('serverTemplates');
  const cluster = await openTestCluster(compiled, { template });
  const clusters = new Map([['main', cluster]]);
  const clusterOf = (id: string): TestCluster => {
    const found = clusters.get(id);
    if (found === undefined) throw new DatabaseUnavailableError('it does not answer');
    return found;
  };
  const fleet: Fleet = {
    catalog: cluster.catalog,
    get compiled() {
      return compiled;
    },
    openCluster: async (id) => ({
      // A login is only used when a tenant's turn has come.
      get migrator() {
        return clusterOf(id).migrator as never;
      },
    }),
  };
  const work: TestFleet['work'] = async (input) =>
    await migrateWave(fleet, input, { remainingMs: () => 900_000 });
  const takeWave = async ({ runId, wave, workers }: NextWaveResult) => {
    await Promise.all(workers.map((worker) => work({ runId, wave, worker })));
    return (await judgeWave(cluster.catalog, runId)).decision;
  };
  const goOn: TestFleet['goOn'] = async (runId) => {
    for (;;) {
      const next = await nextWave(cluster.catalog, runId);
      if (next.decision !== 'go' || (await takeWave(next)) === 'halt')
        return await finishRun(cluster.catalog, runId);
    }
  };
  const take: TestFleet['take'] = async (run, { leaseSeconds }) => {
    const { wave, workers } = await nextWave(cluster.catalog, run.id);
    const [worker] = workers;
    if (worker === undefined) throw new Error(`run ${run.id} has no work`);
    const queue = {
      runId: run.id,
      wave,
      worker,
      holder: newTenantId(),
      tenantsAtOnce: 100,
      leaseSeconds,
    };
    const exchange = { results: [], take: 100 };
    return (await exchangeRunItems(cluster.catalog, { ...queue, pauseSeconds: 0 }, exchange)).taken;
  };
  const request: TestFleet['request'] = (options = {}) => ({
    hash: compiled.hash,
    selector: { all: true },
    change: { kind: 'up' },
    pace: {},
    reason: 'operator',
    actor: 'test',
    ...options,
  });
  return {
    cluster,
    fleet,
    build: async (next) => {
      compiled = await compile(next);
    },
    addTenant: async (slug, options = {}) => {
      const id = newTenantId();
      const { provisioner, migrator } = clusterOf(options.cluster ?? 'main');
      await provisionTenantSchema(provisioner, id, { password: `password-of-${id}` });
      const { hash, migrations: all } = compiled.scopes.tenant;
      const at =
        options.migrate === false
          ? { version: null, hash: null }
          : { ...(await applyMigrations(migrator, tenantTarget(id), all)), hash };
      await cluster.catalog
        .insertInto('tenants')
        .values({
          id,
          slug,
          name: slug,
          isolation: 'schema',
          status: 'active',
          created_by: 'test',
          cluster_id: options.cluster ?? 'main',
          version: at.version,
          migrations_hash: at.hash,
          fields: JSON.stringify({}),
        })
        .execute();
      return id;
    },
    addCluster: async (id, concurrency) => {
      const further = await openTestCluster(compiled, { template });
      clusters.set(id, further);
      await upsertCluster(cluster.catalog, {
        id,
        resourceArn: `arn:aws:rds:us-east-1:000000000000:cluster:${id}`,
        database: 'tenantry',
        ...(concurrency === undefined ? {} : { concurrency }),
      });
      return {
        lose: async () => {
          clusters.delete(id);
          await further.close();
        },
      };
    },
    request,
    goOn,
    work,
    take,
    dieAfterChange: async (run, slug) => {
      const taken = await take(run, { leaseSeconds: 0 });
      const tenant = taken.find((it) => it.slug === slug);
      if (tenant === undefined) throw new Error(`${slug} was not there to be taken`);
      const main = await fleet.openCluster('main');
      const change = openChange(run, async () => main, compiled.scopes.tenant);
      await changeTenant(change, tenant);
    },
    setStatus: async (slug, status) => {
      await cluster.catalog
        .updateTable('tenants')
        .set({ status })
        .where('slug', '=', slug)
        .execute();
    },
    clear: async () => {
      for (const table of ['run_items', 'run_executions', 'audit', 'runs', 'tenants'] as const)
        await sql`delete from ${sql.table(`catalog.${table}`)}`.execute(cluster.admin);
    },
    run: async (options) => {
      executions += 1;
      const begun = await beginRun(fleet, request(options), `execution-${executions}`);
      return await goOn(begun.runId);
    },
    close: async () => {
      await Promise.all([...clusters.values()].map((opened) => opened.close()));
    },
  };
}

async function compile(migrations: TestMigrations) {
  const root = await mkdtemp(join(tmpdir(), 'tenantry-fleet-'));
  try {
    for (const [file, text] of Object.entries(migrations)) {
      await mkdir(dirname(join(root, file)), { recursive: true });
      await writeFile(join(root, file), text);
    }
    const catalogRoot = migrationRoots.filter((path) => path.includes('tenancy'));
    return await compileMigrations({ roots: [...catalogRoot, root] });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
