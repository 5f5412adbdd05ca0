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
 * master user the role is no superuser: it makes roles, databases and event triggers, owns `postgres` and `template1`, watches and ends
 * sessions.
 */
export async function prepareDatabases(options: PrepareOptions): Promise<void> {
  const { admin } = options;
  await run('template1', options, [
    createRole(admin),
    ...eventTriggersFor(admin),
    openTemplate(true),
  ]);
  await run('template0', options, eventTriggersFor(admin));
  await run('template1', options, [openTemplate(false), ...makeStatements(admin)]);
}

const openTemplate = (isOpen: boolean) =>
  `alter database template0 with allow_connections ${isOpen}`;

async function run(
  database: string,
  { port, superuser: { user, password } }: PrepareOptions,
  statements: readonly string[],
): Promise<void> {
  const client = new Client({ host: '127.0.0.1', port, user, password, database });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

function createRole({ user, password }: PrepareOptions['admin']): string {
  return `create role ${escapeIdentifier(user)} login createrole createdb nosuperuser password ${escapeLiteral(password)}`;
}

/** PostgreSQL lets only superusers make event triggers, a managed cluster its master user, too. In the templates it is in every database. */
function eventTriggersFor({ user }: PrepareOptions['admin']): string[] {
  const signature = 'pg_catalog.local_create_event_trigger(name, regproc)';
  return [
    `create function pg_catalog.local_create_event_trigger(p_name name, p_function regproc) returns boolean
      language plpgsql security definer set search_path = pg_catalog, pg_temp as $body$ begin
        execute format('drop event trigger if exists %I', p_name);
        execute format('create event trigger %I on ddl_command_start execute function %s()', p_name, p_function);
        return true;
      end $body$`,
    `revoke execute on function ${signature} from public`,
    `grant execute on function ${signature} to ${escapeIdentifier(user)}`,
  ];
}

function makeStatements({ user }: PrepareOptions['admin']): string[] {
  const role = escapeIdentifier(user);
  return [
    `grant pg_monitor, pg_signal_backend to ${role} with admin option`,
    `alter database postgres owner to ${role}`,
    `alter database template1 owner to ${role}`,
    `create database ${databaseName} owner ${role}`,
    ...['postgres', 'template1', databaseName].map(
      (database) => `revoke all on database ${database} from public`,
    ),
  ];
}
