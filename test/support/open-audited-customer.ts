import {
  auditCustomerDatabase,
  pgDialect,
  provisionCustomerDatabase,
  type AuditedCustomer,
} from '@tenantry/database';
import { applyMigrations, compileMigrations, tenantTarget } from '@tenantry/migrations';
import {
  newTenantId,
  ownerNameOf,
  schemaNameOf,
  type AuditFinding,
  type TenantId,
} from '@tenantry/tenancy';
import type { AnyDb } from '@tenantry/testing';
import { Kysely, sql } from 'kysely';
import { migrationRoots } from './migration-roots.ts';
import { openTestPostgres } from './open-test-postgres.ts';
import { readMajor } from './read-major.ts';
import { readSuperuser } from './read-superuser.ts';

/** A tenant in a database of the customer's server, by the names in it. */
export interface CustomersTenant {
  readonly id: TenantId;
  readonly role: string;
  readonly owner: string;
  readonly migrator: string;
  readonly customer: AuditedCustomer;
}

/** Who runs a statement at a customer's server. */
export type ServerUser = 'superuser' | 'customer_login';

/** A customer's server with two tenants, each in a database of its own: one made for it, one that was there before. */
export interface AuditedCustomerServer {
  readonly made: CustomersTenant;
  readonly kept: CustomersTenant;
  /** The major version of PostgreSQL. */
  readonly major: number;
  /** All that an audit of a tenant's database finds, looking with the login that migrates it. */
  audit(tenant: CustomersTenant): Promise<readonly AuditFinding[]>;
  /** Runs `fn` in a database of the server. */
  withLogin<Result>(
    user: ServerUser | { readonly migrator: CustomersTenant },
    database: string,
    fn: (db: AnyDb) => Promise<Result>,
  ): Promise<Result>;
  close(): Promise<void>;
}

const chiefsPassword = 'what-only-the-customer-knows';

/** Starts the server and makes the tenants through a login as managed servers give it; `close` removes all of it. */
export async function openAuditedCustomer(): Promise<AuditedCustomerServer> {
  const server = await openTestPostgres();
  const { host, port } = server.postgres;
  const superuser = await readSuperuser(server.dataDir);
  const logins = { superuser, customer_login: { user: 'chief', password: chiefsPassword } };
  const withLogin: AuditedCustomerServer['withLogin'] = async (who, database, fn) => {
    const login = typeof who === 'string' ? logins[who] : migratorOf(who.migrator);
    const db: AnyDb = new Kysely({ dialect: pgDialect({ host, port, database, ...login }) });
    try {
      return await fn(db);
    } finally {
      await db.destroy();
    }
  };
  await withLogin('superuser', 'postgres', async (db) => {
    await sql`grant connect on database postgres to public`.execute(db);
    await sql`create role chief login createrole createdb password ${sql.lit(chiefsPassword)}`.execute(
      db,
    );
    await sql`create database kept owner chief`.execute(db);
  });
  const place = { host, port, withLogin };
  return {
    made: await createTenant('made', place),
    kept: await createTenant('kept', place),
    major: await withLogin('superuser', 'postgres', readMajor),
    audit: async (tenant) =>
      await withLogin({ migrator: tenant }, tenant.customer.database, async (db) => {
        const { findings } = await auditCustomerDatabase(db, tenant.customer);
        return findings;
      }),
    withLogin,
    close: async () => await server.close(),
  };
}

function migratorOf({ id, migrator }: CustomersTenant) {
  return { user: migrator, password: `migrator-${id}` };
}

async function createTenant(
  name: 'made' | 'kept',
  place: Pick<AuditedCustomerServer, 'withLogin'> & {
    readonly host: string;
    readonly port: number;
  },
): Promise<CustomersTenant> {
  const id = newTenantId();
  const { host, port, withLogin } = place;
  const isOurs = name === 'made';
  const migrator = `m_${id}`;
  const server = { host, port, tls: 'off' } as const;
  await provisionCustomerDatabase(id, {
    database: { ...server, name, user: 'chief', adminSecretArn: 'arn', isNew: isOurs },
    adminPassword: chiefsPassword,
    password: `tenant-${id}`,
    migrator: { username: migrator, password: `migrator-${id}` },
    isOurs: false,
    begin: async () => {},
  });
  const customer = { id, login: 'chief', server, database: name, isOurs };
  const [role, owner] = [schemaNameOf(id), ownerNameOf(id)];
  const tenant = { id, role, owner, migrator, customer };
  const { scopes } = await compileMigrations({ roots: migrationRoots });
  await withLogin({ migrator: tenant }, name, async (db) => {
    await applyMigrations(db, tenantTarget(id), scopes.tenant.migrations);
  });
  return tenant;
}
