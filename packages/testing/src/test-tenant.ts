import { randomUUID } from 'node:crypto';
import type { TenantCache, TenantCaches } from '@tenantry/cache';
import {
  dropTenantSchema,
  openTenantDb,
  provisionTenantSchema,
  type TenantHandles,
} from '@tenantry/database';
import { applyMigrations, lastMigration, tenantTarget } from '@tenantry/migrations';
import {
  activateTenant,
  finishDeletingTenant,
  markTenantDeleting,
  parseCreateTenantRequest,
  parseTenantId,
  reserveTenant,
  schemaNameOf,
  type TenantId,
} from '@tenantry/tenancy';
import type { Dialect, Driver } from 'kysely';
import type { TestCluster } from './test-cluster.ts';
import type { TestLogin, TestLogins } from './test-logins.ts';

/** An active tenant with tables of its own. */
export interface TestTenant<TenantTables, SharedTables> extends TenantHandles<
  TenantTables,
  SharedTables
> {
  readonly id: TenantId;
  readonly slug: string;
  /** Its host name. */
  readonly host: string;
  /** Its cache. */
  readonly cache: TenantCache;
}

/** A tenant together with what it takes to remove it. */
export interface OwnedTenant<TenantTables, SharedTables> extends TestTenant<
  TenantTables,
  SharedTables
> {
  /** As whom `db` and `shared` log in. */
  readonly login: TestLogin;
  /** Ends the sessions of `db` and `shared`. */
  close(): Promise<void>;
  /** Drops schema and roles and frees the host, as deleting a tenant does. */
  drop(): Promise<void>;
}

/** Where tenants are made. */
export interface TenantPlace {
  readonly cluster: TestCluster;
  readonly logins: TestLogins;
  readonly openCache: TenantCaches;
}

/** Under it tenants get their hosts; reserved for tests by RFC 6761. */
const baseDomain = 'tenants.test';
const actor = 'test';

let made = 0;

/** Creates a tenant by the functions that the workflow `create-tenant` calls, in its order. */
export async function createTestTenant<TenantTables, SharedTables>(
  place: TenantPlace,
): Promise<OwnedTenant<TenantTables, SharedTables>> {
  const { catalog, provisioner, migrator, compiled } = place.cluster;
  made += 1;
  const slug = `tenant-${made}`;
  const request = parseCreateTenantRequest({ slug, actor }, { baseDomain });
  const id = await reserveTenant(catalog, request, slug);
  const login = newLogin(id);
  await provisionTenantSchema(provisioner, id, { password: login.password });
  const { hash, migrations } = compiled.scopes.tenant;
  await applyMigrations(migrator, tenantTarget(id), migrations);
  const version = lastMigration(compiled.scopes.tenant);
  const { secretArn } = login;
  await activateTenant(catalog, id, { actor, secretArn, migrated: { version, hash } });
  const { dialect, close } = withOneDriver(place.logins.dialectFor(login));
  return {
    id,
    slug,
    host: request.domain,
    cache: place.openCache(id),
    login,
    ...openTenantDb<TenantTables, SharedTables>(dialect),
    close,
    drop: async () => {
      place.logins.forget(login);
      await dropTestTenant(place.cluster, id);
    },
  };
}

/** The tenant's id in a secret's ARN. */
export function tenantOfSecret(secretArn: string): TenantId {
  return parseTenantId(secretArn.slice(secretArn.lastIndexOf('/') + 1));
}

function newLogin(id: TenantId): TestLogin {
  return {
    username: schemaNameOf(id),
    password: randomUUID(),
    secretArn: `arn:aws:secretsmanager:us-east-1:000000000000:secret:tenantry/test/tenant/${id}`,
  };
}

async function dropTestTenant({ catalog, provisioner }: TestCluster, id: TenantId): Promise<void> {
  await markTenantDeleting(catalog, id, { execution: `drop-${id}`, actor });
  await dropTenantSchema(provisioner, id);
  await finishDeletingTenant(catalog, id, actor);
}

// Two Kyselys share the dialect, and neither of them may end the other's sessions: the driver is ours, made once and ended once.
function withOneDriver(dialect: Dialect): { dialect: Dialect; close: () => Promise<void> } {
  const driver: Driver = dialect.createDriver();
  return {
    dialect: {
      createDriver: () => driver,
      createAdapter: () => dialect.createAdapter(),
      createQueryCompiler: () => dialect.createQueryCompiler(),
      createIntrospector: (db) => dialect.createIntrospector(db),
    },
    close: async () => await driver.destroy(),
  };
}
