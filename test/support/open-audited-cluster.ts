import {
  auditDatabase,
  auditRoles,
  copyTemplateRows,
  ensureCommandGuard,
  provisionPool,
  provisionPoolTenant,
  provisionTenantDatabase,
} from '@tenantry/database';
import { applyMigrations, pooledMigrations, poolTarget, tenantTarget } from '@tenantry/migrations';
import {
  newTenantId,
  ownerNameOf,
  schemaNameOf,
  type AuditFinding,
  type PoolName,
  type TenantId,
} from '@tenantry/tenancy';
import { passwordOf, type AnyDb, type TestCluster } from '@tenantry/testing';
import { createTestTenant, openTestCluster } from './open-test-cluster.ts';
import { readMajor } from './read-major.ts';
import { readSuperuser } from './read-superuser.ts';

/** The names of a tenant that has its own schema. */
export interface AuditedTenantNames {
  readonly id: TenantId;
  readonly role: string;
  readonly owner: string;
}

/** A cluster with tenants of every isolation that has tables, and an audit of all of it. */
export interface AuditedCluster {
  readonly cluster: TestCluster;
  readonly superuser: AnyDb;
  readonly pool: PoolName;
  /** Two of isolation `schema`, one of `database`, two of `table`. */
  readonly thor: AuditedTenantNames;
  readonly potter: AuditedTenantNames;
  readonly loner: AuditedTenantNames;
  readonly swimmers: readonly AuditedTenantNames[];
  /** The database of `loner`, and one that is nobody's, as superuser. */
  readonly lonersDatabase: AnyDb;
  readonly elsewhere: AnyDb;
  /** The major version of PostgreSQL. */
  readonly major: number;
  /** All that an audit finds on the cluster. */
  audit(): Promise<readonly AuditFinding[]>;
  /** As a repair or its operator runs it. */
  openAs(role: 'platform_provisioner' | 'administrator', database: string | null): AnyDb;
  close(): Promise<void>;
}

/** Starts a server and makes the tenants; `close` removes all of it. */
export async function openAuditedCluster(): Promise<AuditedCluster> {
  const cluster = await openTestCluster();
  const login = await readSuperuser(cluster.dataDir);
  const asSuperuser = (database: string) =>
    cluster.openAs(login.user, login.password, { database, maxSessions: 1 });
  const thor = namesOf((await createTestTenant(cluster)).id);
  const potter = namesOf((await createTestTenant(cluster)).id);
  const loner = await createLoner(cluster);
  const pool = 'main' as PoolName;
  const swimmers = await fillPool(cluster, pool, 2);
  const home = cluster.postgres.database;
  const asAuditor = (database: string) =>
    cluster.openAs('platform_auditor', passwordOf('platform_auditor'), {
      database,
      maxSessions: 1,
    });
  const auditors = { home: asAuditor(home), loner: asAuditor(loner.role) };
  return {
    cluster,
    superuser: asSuperuser(home),
    pool,
    thor,
    potter,
    loner,
    swimmers,
    lonersDatabase: asSuperuser(loner.role),
    elsewhere: asSuperuser('postgres'),
    major: await readMajor(cluster.admin),
    audit: async () => {
      const at = (database: string) => ({ cluster: 'main', database });
      const answers = [
        await auditRoles(auditors.home, at(home)),
        await auditDatabase(auditors.home, at(home), { hasPools: true }),
        await auditDatabase(auditors.loner, at(loner.role), { hasPools: false }),
      ];
      return answers.flatMap(({ findings }) => findings);
    },
    openAs: (role, database) =>
      role === 'administrator'
        ? asSuperuser(database ?? home)
        : cluster.openAs(role, passwordOf(role), { database: database ?? home, maxSessions: 1 }),
    close: () => cluster.close(),
  };
}

async function createLoner(cluster: TestCluster): Promise<AuditedTenantNames> {
  const id = newTenantId();
  const database = schemaNameOf(id);
  const openAs = (role: 'platform_provisioner' | 'platform_migrator') =>
    cluster.openAs(role, passwordOf(role), { database, maxSessions: 1 });
  const home = cluster.provisioner;
  const logins = { home, openDatabase: () => openAs('platform_provisioner') };
  await provisionTenantDatabase(logins, id, { password: 'x' });
  await ensureCommandGuard(cluster.openAsAdmin(database));
  const { migrations } = cluster.compiled.scopes.tenant;
  await applyMigrations(openAs('platform_migrator'), tenantTarget(id), migrations);
  return namesOf(id);
}

async function fillPool(
  { provisioner, migrator, compiled }: TestCluster,
  pool: PoolName,
  count: number,
): Promise<AuditedTenantNames[]> {
  await provisionPool(provisioner, pool);
  const swimmers = Array.from({ length: count }, () => namesOf(newTenantId()));
  for (const { id } of swimmers)
    await provisionPoolTenant(provisioner, id, { pool, password: 'x' });
  const migrations = pooledMigrations(compiled.scopes.tenant.migrations);
  await applyMigrations(migrator, poolTarget(pool), migrations);
  for (const { id } of swimmers) await copyTemplateRows(migrator, id, pool);
  return swimmers;
}

function namesOf(id: TenantId): AuditedTenantNames {
  return { id, role: schemaNameOf(id), owner: ownerNameOf(id) };
}
