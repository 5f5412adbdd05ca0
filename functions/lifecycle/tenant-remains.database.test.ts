import { pgDialect, prepareFurtherCluster, tenantRoles, type TenantRole } from '@tenantry/database';
import {
  DatabaseUnavailableError,
  markTenantFailed,
  parseCreateTenantRequest,
  upsertCluster,
  type CreateTenantState,
} from '@tenantry/tenancy';
import { passwordOf } from '@tenantry/testing';
import { Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestCluster, type TestCluster } from '../../test/support/open-test-cluster.ts';
import { openTestPostgres, type TestPostgres } from '../../test/support/open-test-postgres.ts';
import type { TenantPlace } from './place.ts';
import { provisionerSteps } from './provisioner-steps.ts';
import { registrySteps } from './registry-steps.ts';

let home: TestCluster;
let server: TestPostgres;
/** Logins at the second cluster, `eu`. */
let eu: { readonly admin: Kysely<unknown>; readonly provisioner: Kysely<unknown> };

beforeAll(async () => {
  [home, server] = await Promise.all([openTestCluster(), openTestPostgres()]);
  const { host, port, admin } = server.postgres;
  const openAs = (user: string, password: string) =>
    new Kysely<unknown>({
      dialect: pgDialect({ host, port, database: 'tenantry', user, password }),
    });
  const provisioner = openAs('platform_provisioner', passwordOf('platform_provisioner'));
  eu = { admin: openAs(admin.user, admin.password), provisioner };
  const passwords = Object.fromEntries(tenantRoles.map((role) => [role, passwordOf(role)]));
  await prepareFurtherCluster(eu.admin, {
    database: 'tenantry',
    passwords: passwords as Record<TenantRole, string>,
  });
  await upsertCluster(home.catalog, {
    id: 'eu',
    resourceArn: 'arn:aws:rds:eu-west-1:000000000000:cluster:eu',
    database: 'tenantry',
    provisionerSecretArn: 'arn:provisioner',
    migratorSecretArn: 'arn:migrator',
  });
});
afterAll(async () => {
  await eu?.admin.destroy();
  await eu?.provisioner.destroy();
  await server?.close();
  await home?.close();
});

function openProvisioner({ cluster, database }: TenantPlace): Kysely<unknown> {
  if (cluster !== null) return eu.provisioner;
  if (database === null) return home.provisioner as unknown as Kysely<unknown>;
  return home.openAs('platform_provisioner', passwordOf('platform_provisioner'), {
    database,
  }) as unknown as Kysely<unknown>;
}

let attempts = 0;

/** Begins a creation, up to its roles and schemas, and lets it be interrupted: nothing is undone. */
async function begin(
  slug: string,
  more: Readonly<Record<string, unknown>>,
  open = openProvisioner,
): Promise<CreateTenantState & { readonly tenantId: string }> {
  attempts += 1;
  const execution = `attempt-${attempts}`;
  const { catalog } = home;
  const request = parseCreateTenantRequest(
    { slug, actor: 'test', ...more },
    { baseDomain: 'tenants.test' },
  );
  const steps = provisionerSteps({
    catalog,
    openProvisioner: open,
    readCredentials: async () => await Promise.resolve({ username: '', password: 'password' }),
    deleteSecret: async () => await Promise.resolve(),
  });
  const reserved = await registrySteps(catalog).reserve({ request }, execution);
  await steps.provision({ ...reserved, secretArn: 'arn:secret' });
  const failure = { step: 'migrate', error: 'Interrupted', sqlstate: null, message: 'stopped' };
  await markTenantFailed(catalog, execution, failure);
  return reserved;
}

async function listTraces(id: string, db: Kysely<unknown>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select 'role ' || rolname as name from pg_roles where rolname in (${`t_${id}`}, ${`o_${id}`})
    union all select 'schema ' || nspname from pg_namespace where nspname = ${`t_${id}`} order by name`.execute(
    db,
  );
  return rows.map(({ name }) => name);
}

test('a tenant that is created again on another cluster leaves nothing on the first one', async () => {
  const { tenantId: id, remainsAt } = await begin('mover', { cluster: 'eu' });
  expect(remainsAt).toBeUndefined();
  expect(await listTraces(id, eu.admin)).toHaveLength(3);
  const again = await begin('mover', { cluster: 'main' });
  expect(again).toMatchObject({ tenantId: id, remainsAt: 'eu' });
  expect(await listTraces(id, eu.admin)).toEqual([]);
  expect(await listTraces(id, home.admin as unknown as Kysely<unknown>)).toHaveLength(3);
  await begin('mover', { cluster: 'eu' });
  const left = await listTraces(id, home.admin as unknown as Kysely<unknown>);
  expect(left).toEqual([`role t_${id}`]);
});

test('a tenant that is created again with another isolation leaves nothing of the first one', async () => {
  const { tenantId: id } = await begin('changer', { isolation: 'schema', cluster: 'main' });
  const again = await begin('changer', { isolation: 'table' });
  expect(again.remainsAt).toBe('main');
  const left = await listTraces(id, home.admin as unknown as Kysely<unknown>);
  expect(left).toEqual([`role t_${id}`]);
});

test('a tenant that is created again as it was goes on where it stopped', async () => {
  await begin('steady', { cluster: 'eu' });
  expect((await begin('steady', {})).remainsAt).toBeUndefined();
});

test('a cluster that does not answer holds nobody up who goes elsewhere', async () => {
  const { tenantId: id } = await begin('fleeing', { cluster: 'eu' });
  const again = await begin('fleeing', { cluster: 'main' }, (place) => {
    if (place.cluster !== null) throw new DatabaseUnavailableError('no answer', new Error('lost'));
    return openProvisioner(place);
  });
  expect(again.remainsAt).toBe('eu');
  expect(await listTraces(id, eu.admin)).toHaveLength(3);
  expect(await listTraces(id, home.admin as unknown as Kysely<unknown>)).toHaveLength(3);
});
