import {
  pgDialect,
  provisionCustomerDatabase,
  provisionSharedLogin,
  type Credentials,
} from '@tenantry/database';
import type { CustomerDatabase, TenantId } from '@tenantry/tenancy';
import type { AnyDb } from '@tenantry/testing';
import { Kysely, sql } from 'kysely';
import { openTestPostgres } from '../support/open-test-postgres.ts';
import { readSuperuser } from '../support/read-superuser.ts';

/** A server that a customer brought along, which knows no role of the platform's but those of its tenants. */
export interface CustomerServer {
  readonly place: { readonly host: string; readonly port: number };
  /** The server's superuser. */
  readonly adminLogin: { readonly user: string; readonly password: string };
  /** A database as it is asked for, made through a login as managed servers give it. */
  databaseNamed(name: string): CustomerDatabase;
  /** Makes a tenant's place there, and its login for what all tenants share at home. */
  provision(
    id: TenantId,
    database: CustomerDatabase,
    options: { readonly password: string; readonly home: AnyDb },
  ): Promise<Credentials>;
  /** A login of its own, closed with the server. */
  openAs(user: string, password: string, database: string): AnyDb;
  close(): Promise<void>;
}

const chief = { user: 'chief', password: 'what-only-the-customer-knows' };

/** Starts the server; `close` removes it. */
export async function openCustomerServer(): Promise<CustomerServer> {
  const server = await openTestPostgres();
  const { host, port } = server.postgres;
  const admin = await readSuperuser(server.dataDir);
  const opened: AnyDb[] = [];
  const openAs: CustomerServer['openAs'] = (user, password, database) => {
    const db: AnyDb = new Kysely({
      dialect: pgDialect({ host, port, user, password, database, maxSessions: 1 }),
    });
    opened.push(db);
    return db;
  };
  const postgres = openAs(admin.user, admin.password, 'postgres');
  await sql`grant connect on database postgres to public`.execute(postgres);
  await sql`create role chief login createrole createdb password ${sql.lit(chief.password)}`.execute(
    postgres,
  );
  return {
    place: { host, port },
    adminLogin: admin,
    databaseNamed: (name) => {
      const adminSecretArn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:chief';
      return { host, port, tls: 'off', name, user: chief.user, adminSecretArn, isNew: true };
    },
    provision: async (id, database, { password, home }) => {
      const migrator = { username: `m_${id}`, password: `migrator-${id}` };
      await provisionCustomerDatabase(id, {
        database,
        adminPassword: chief.password,
        password,
        migrator,
        isOurs: false,
        begin: async () => await Promise.resolve(),
      });
      await provisionSharedLogin(home, id, { password, connectionLimit: 20 });
      return migrator;
    },
    openAs,
    close: async () => {
      await Promise.all(opened.map((db) => db.destroy()));
      await server.close();
    },
  };
}
