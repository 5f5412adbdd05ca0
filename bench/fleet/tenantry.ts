import { openCatalogDb } from '@tenantry/database';
import { applyMigrations, tenantTarget } from '@tenantry/migrations';
import { openCreation, parseTenantId, type CatalogDb, type CreationRow } from '@tenantry/tenancy';
import {
  openTestLogins,
  passwordOf,
  type Over,
  type TestCluster,
  type TestLogin,
} from '@tenantry/testing';
import { Kysely } from 'kysely';
import { runCreationWorker } from '../../functions/lifecycle/creation-worker.ts';
import { creationSteps } from '../../test/support/creation-steps.ts';
import { inLanes, type Contender, type OpenContender } from './contender.ts';
import { runFleet, withOneMore } from './run-fleet.ts';
import type { Workload } from './workload.ts';

/** How Tenantry reaches PostgreSQL, and how many tenants it has at work at once. */
export interface TenantryOptions {
  readonly over: Over;
  readonly lanes: number;
}

/** Tenantry: a bulk creation with all of its steps and bookkeeping, and a fleet run that applies one more migration. */
export function tenantry(workload: Workload, options: TenantryOptions): Contender {
  return {
    name: `Tenantry over ${options.over}, ${options.lanes} at once`,
    open: async (cluster, tenants) => await openTenantry(workload, options, { cluster, tenants }),
  };
}

async function openTenantry(
  workload: Workload,
  { over, lanes }: TenantryOptions,
  { cluster, tenants }: { readonly cluster: TestCluster; readonly tenants: number },
): Promise<OpenContender> {
  const { ten, oneMore } = workload;
  // Each is another function's work, which has sessions of its own and ends with them.
  const withRoles = async (work: (as: Awaited<ReturnType<typeof openRoles>>) => Promise<void>) => {
    const as = await openRoles(cluster, over, lanes);
    try {
      await work(as);
    } finally {
      await as.close();
    }
  };
  return {
    create: async () =>
      await withRoles(async (as) => {
        const { tenant: scope } = cluster.compiled.scopes;
        const steps = creationSteps({ ...as, secrets: new Map(), scope });
        await createAll(as.catalog, { steps, lanes, tenants });
      }),
    applyOneMore: async () =>
      await withRoles(async (as) => await runFleet(as, withOneMore(workload), lanes)),
    findNothing: async () =>
      await withRoles(async ({ catalog, migrator }) => {
        const rows = await catalog.selectFrom('tenants').select('id').orderBy('id').execute();
        const options = { knownVersion: oneMore.id };
        await inLanes(rows, lanes, async ({ id }) => {
          const target = tenantTarget(parseTenantId(id));
          await applyMigrations(migrator, target, [...ten, oneMore], options);
        });
      }),
    close: async () => undefined,
  };
}

async function createAll(
  catalog: CatalogDb,
  options: Pick<Parameters<typeof runCreationWorker>[0], 'steps' | 'lanes'> & {
    readonly tenants: number;
  },
): Promise<void> {
  const opened = await openCreation(catalog, rowsOf(options.tenants), { actor: 'bench' });
  if (opened.status !== 'open' || opened.id === null) throw new Error('nothing was claimed');
  const worker = { creation: opened.id, name: 'bench', leaseSeconds: 60 };
  const { steps, lanes } = options;
  const { failed } = await runCreationWorker({ catalog, steps, lanes, worker });
  if (failed > 0) throw new Error(`${failed} tenants failed`);
}

function rowsOf(count: number): CreationRow[] {
  return Array.from({ length: count }, (_, index) => ({
    line: index + 1,
    request: {
      slug: `tenant-${index}`,
      name: `Tenant ${index}`,
      isolation: 'schema',
      domain: `tenant-${index}.tenants.test`,
      fields: {},
      migrate: true,
      actor: 'bench',
    },
  }));
}

async function openRoles(cluster: TestCluster, over: Over, maxSessionsPerLogin: number) {
  const logins = await openTestLogins(cluster, { over, columnTypes: {}, maxSessionsPerLogin });
  const dialectOf = (username: 'platform_provisioner' | 'platform_migrator' | 'catalog_writer') =>
    logins.dialectFor({ username, password: passwordOf(username), secretArn: `arn:${username}` });
  const provisioner = new Kysely<unknown>({ dialect: dialectOf('platform_provisioner') });
  const migrator = new Kysely<unknown>({ dialect: dialectOf('platform_migrator') });
  const catalog = openCatalogDb(dialectOf('catalog_writer'));
  return {
    provisioner,
    migrator,
    catalog,
    dialectFor: (login: TestLogin) => logins.dialectFor(login),
    close: async () => {
      await Promise.all([provisioner.destroy(), migrator.destroy(), catalog.destroy()]);
      await logins.close();
    },
  };
}
