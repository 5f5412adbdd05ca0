import { fileURLToPath } from 'node:url';
import {
  openCatalogDb,
  pgDialect,
  platformRoles,
  prepareCluster,
  provisionTenantSchema,
  type PlatformRole,
} from '@tenantry/database';
import { openTestPostgres } from '@tenantry/local';
import {
  applyMigrations,
  compileMigrations,
  staticTargets,
  tenantTarget,
  type CompiledMigrations,
} from '@tenantry/migrations';
import {
  newTenantId,
  schemaNameOf,
  upsertCluster,
  type CatalogDb,
  type TenantId,
} from '@tenantry/tenancy';
import { Kysely } from 'kysely';

/** Any tables: tests reach for what they must not reach. */
export type AnyDb = Kysely<Record<string, Record<string, unknown>>>;

/** A real PostgreSQL, prepared as a deploy leaves it, with the sample application's migrations. */
export interface TestCluster {
  readonly compiled: CompiledMigrations;
  readonly admin: AnyDb;
  readonly provisioner: AnyDb;
  readonly migrator: AnyDb;
  readonly catalog: CatalogDb;
  /** A login of its own, closed with the cluster. */
  openAs(user: string, password: string, options?: { readonly database?: string }): AnyDb;
  close(): Promise<void>;
}

/** A tenant without a catalog entry, and its own login. */
export interface TestTenant {
  readonly id: TenantId;
  readonly schema: string;
  readonly owner: string;
  readonly password: string;
  readonly db: AnyDb;
}

const roots = ['packages/tenancy/migrations', 'packages/polls/migrations'].map((path) =>
  fileURLToPath(new URL(`../../${path}`, import.meta.url)),
);

/** Starts a server and prepares it; `close` removes both. */
export async function openTestCluster(): Promise<TestCluster> {
  const { postgres, close } = await openTestPostgres();
  const opened: AnyDb[] = [];
  const dialect = (user: string, password: string, database = 'tenantry') =>
    pgDialect({ host: postgres.host, port: postgres.port, database, user, password });
  const openAs: TestCluster['openAs'] = (user, password, options) => {
    const db: AnyDb = new Kysely({ dialect: dialect(user, password, options?.database) });
    opened.push(db);
    return db;
  };
  const admin = openAs(postgres.admin.user, postgres.admin.password);
  const passwords = Object.fromEntries(platformRoles.map((role) => [role, `password-of-${role}`]));
  await prepareCluster(admin, {
    database: 'tenantry',
    passwords: passwords as Record<PlatformRole, string>,
  });
  const compiled = await compileMigrations({ roots });
  await applyMigrations(admin, staticTargets.catalog, compiled.scopes.catalog.migrations);
  const provisioner = openAs('platform_provisioner', 'password-of-platform_provisioner');
  const migrator = openAs('platform_migrator', 'password-of-platform_migrator');
  await applyMigrations(migrator, staticTargets.shared, compiled.scopes.shared.migrations);
  await applyMigrations(migrator, staticTargets.site, compiled.scopes.site.migrations);
  const catalog = openCatalogDb(dialect('catalog_writer', 'password-of-catalog_writer'));
  await upsertCluster(catalog, {
    id: 'main',
    resourceArn: 'arn:aws:rds:test',
    database: 'tenantry',
  });
  return {
    compiled,
    admin,
    provisioner,
    migrator,
    catalog,
    openAs,
    close: async () => {
      await Promise.all([catalog.destroy(), ...opened.map((db) => db.destroy())]);
      await close();
    },
  };
}

/** A provisioned tenant; migrated unless told otherwise. */
export async function createTestTenant(
  cluster: TestCluster,
  options: { readonly migrate?: boolean } = {},
): Promise<TestTenant> {
  const id = newTenantId();
  const password = `password-of-${id}`;
  await provisionTenantSchema(cluster.provisioner, id, { password });
  const target = tenantTarget(id);
  if (options.migrate !== false) {
    await applyMigrations(cluster.migrator, target, cluster.compiled.scopes.tenant.migrations);
  }
  const schema = schemaNameOf(id);
  return { id, schema, owner: target.owner, password, db: cluster.openAs(schema, password) };
}
