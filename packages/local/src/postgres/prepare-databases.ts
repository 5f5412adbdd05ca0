import { Client, escapeIdentifier, escapeLiteral } from 'pg';

/** The database that holds catalog, shared schema and tenants' schemas. */
export const databaseName = 'tenantry';

/** What the first start makes in an empty cluster. */
export interface PrepareOptions {
  readonly port: number;
  readonly superuser: { readonly user: string; readonly password: string };
  readonly admin: { readonly user: string; readonly password: string };
}

/**
 * Makes the role that stands for the master user of a managed cluster, its database, and closes all databases to PUBLIC. Like that
 * master user the role is no superuser: it makes roles and databases, owns `postgres` and `template1`, watches and ends sessions.
 */
export async function prepareDatabases(options: PrepareOptions): Promise<void> {
  const { user, password } = options.superuser;
  const client = new Client({
    host: '127.0.0.1',
    port: options.port,
    user,
    password,
    database: 'template1',
  });
  await client.connect();
  try {
    for (const statement of prepareStatements(options.admin)) await client.query(statement);
  } finally {
    await client.end();
  }
}

function prepareStatements(admin: { user: string; password: string }): string[] {
  const role = escapeIdentifier(admin.user);
  return [
    `create role ${role} login createrole createdb nosuperuser password ${escapeLiteral(admin.password)}`,
    `grant pg_monitor, pg_signal_backend to ${role} with admin option`,
    `alter database postgres owner to ${role}`,
    `alter database template1 owner to ${role}`,
    `create database ${databaseName} owner ${role}`,
    ...['postgres', 'template1', databaseName].map(
      (database) => `revoke all on database ${database} from public`,
    ),
  ];
}
