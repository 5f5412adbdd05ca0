import {
  closeServerDatabases,
  openCatalogDb,
  pgDialect,
  platformRoles,
  prepareCluster,
  type PlatformRole,
} from '@tenantry/database';
import { openTestPostgres, type TestPostgresOptions } from '@tenantry/local';
import { applyMigrations, staticTargets, type CompiledMigrations } from '@tenantry/migrations';
import { upsertCluster, type CatalogDb } from '@tenantry/tenancy';
import { Kysely } from 'kysely';

/** Any tables: tests reach for what they must not reach. */
export type AnyDb = Kysely<Record<string, Record<string, unknown>>>;

/** A real PostgreSQL, prepared as a deploy leaves it. */
export interface TestCluster {
  readonly compiled: CompiledMigrations;
  readonly postgres: { readonly host: string; readonly port: number; readonly database: string };
  /** The folder of its data. */
  readonly dataDir: string;
  readonly admin: AnyDb;
  /** The login of `admin`. */
  readonly adminLogin: { readonly user: string; readonly password: string };
  readonly provisioner: AnyDb;
  readonly migrator: AnyDb;
  /** As `catalog_writer`. */
  readonly catalog: CatalogDb;
  /** A login of its own, closed with the cluster. */
  openAs(
    user: string,
    password: string,
    options?: { readonly database?: string; readonly maxSessions?: number },
  ): AnyDb;
  /** The master user in any database, with one session. */
  readonly openAsAdmin: (database: string) => AnyDb;
  close(): Promise<void>;
}

/** The catalog's entry of the cluster. */
export const testCluster = {
  id: 'main',
  resourceArn: 'arn:aws:rds:us-east-1:000000000000:cluster:test',
  database: 'tenantry',
} as const;

/** The password that a platform role has on a test's cluster. */
export function passwordOf(role: PlatformRole): string {
  return `password-of-${role}`;
}

/** Starts a server, prepares it and migrates its static schemas; `close` ends it, and removes it when no folder keeps its data. */
export async function openTestCluster(
  compiled: CompiledMigrations,
  options: TestPostgresOptions = {},
): Promise<TestCluster> {
  const server = await openTestPostgres(options);
  const { postgres, dataDir } = server;
  const { database } = testCluster;
  const address = { host: postgres.host, port: postgres.port, database };
  const opened: { destroy(): Promise<void> }[] = [];
  const openAs: TestCluster['openAs'] = (user, password, more) => {
    const db: AnyDb = new Kysely({
      dialect: pgDialect({ ...address, ...more, user, password }),
    });
    opened.push(db);
    return db;
  };
  const openRole = (role: PlatformRole) => openAs(role, passwordOf(role));
  const admin = openAs(postgres.admin.user, postgres.admin.password);
  const migrator = openRole('platform_migrator');
  const user = 'catalog_writer';
  const catalog = openCatalogDb(pgDialect({ ...address, user, password: passwordOf(user) }));
  opened.push(catalog);
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((db) => db.destroy()));
    await server.close();
  };
  try {
    await prepare(compiled, { admin, migrator, catalog });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    compiled,
    postgres: address,
    dataDir,
    admin,
    adminLogin: postgres.admin,
    provisioner: openRole('platform_provisioner'),
    migrator,
    catalog,
    openAs,
    openAsAdmin: (name) =>
      openAs(postgres.admin.user, postgres.admin.password, { database: name, maxSessions: 1 }),
    close,
  };
}

async function prepare(
  { scopes }: CompiledMigrations,
  as: Pick<TestCluster, 'admin' | 'migrator' | 'catalog'>,
): Promise<void> {
  const passwords = Object.fromEntries(platformRoles.map((role) => [role, passwordOf(role)]));
  await prepareCluster(as.admin, {
    database: testCluster.database,
    passwords: passwords as Record<PlatformRole, string>,
  });
  await closeServerDatabases(as.admin);
  await applyMigrations(as.admin, staticTargets.catalog, scopes.catalog.migrations);
  await applyMigrations(as.migrator, staticTargets.shared, scopes.shared.migrations);
  await applyMigrations(as.migrator, staticTargets.site, scopes.site.migrations);
  await upsertCluster(as.catalog, testCluster);
}
