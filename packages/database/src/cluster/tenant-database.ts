import { createHash } from 'node:crypto';
import { schemaNameOf, type TenantId } from '@tenantry/tenancy';
import { sql, type QueryExecutorProvider } from 'kysely';
import { sqlStateOf } from '../sql-state.ts';
import { clusterFunctions } from './cluster-functions.ts';
import { callers } from './function-callers.ts';
import { referenceSchema } from './reference-schema.ts';
import { provisionTenantSchema } from './tenant-schema.ts';

/** As `platform_provisioner`: the home database, and any other one of the same cluster. */
export interface ProvisionerLogins {
  readonly home: QueryExecutorProvider;
  readonly openDatabase: (database: string) => QueryExecutorProvider;
}

/**
 * Makes a tenant's two roles, a database of its own and its schema in there. Nobody else's role may connect but the platform's. Run again
 * it repairs what is missing and sets the password anew.
 */
export async function provisionTenantDatabase(
  { home, openDatabase }: ProvisionerLogins,
  id: TenantId,
  options: { readonly password: string; readonly connectionLimit?: number },
): Promise<void> {
  const name = schemaNameOf(id);
  await createDatabase(home, name);
  const own = openDatabase(name);
  await prepareTenantDatabase(own, id);
  await provisionTenantSchema(own, id, options);
  await sql`grant connect on database ${sql.id(name)} to ${sql.id(name)}`.execute(own);
}

/** Drops a tenant's own database and ends the sessions in it. One that is not there is no error. */
export async function dropTenantDatabase(
  provisioner: QueryExecutorProvider,
  id: TenantId,
): Promise<void> {
  const name = sql.id(schemaNameOf(id));
  await sql`drop database if exists ${name} with (force)`.execute(provisioner);
}

// In no transaction, so a repetition may find the database made. template0 takes no connections, which would be in the way.
async function createDatabase(provisioner: QueryExecutorProvider, name: string): Promise<void> {
  const { rows } = await sql`select from pg_catalog.pg_database where datname = ${name}`.execute(
    provisioner,
  );
  if (rows.length > 0) return;
  try {
    await sql`create database ${sql.id(name)} template template0 strategy wal_log`.execute(
      provisioner,
    );
  } catch (error) {
    if (sqlStateOf(error) !== '42P04') throw error;
  }
}

/**
 * Brings the platform's functions in a tenant's own database up to date, and closes it to PUBLIC. Where that is done already it costs one
 * query. `provisioner` is logged in there as the database's owner.
 */
export async function prepareTenantDatabase(
  provisioner: QueryExecutorProvider,
  id: TenantId,
): Promise<void> {
  const statements = preparation(schemaNameOf(id));
  const hash = createHash('sha256').update(JSON.stringify(statements)).digest('hex');
  const { rows } = await sql<{ prepared: string | null }>`
    select obj_description(to_regnamespace('tenantry'), 'pg_namespace') as prepared`.execute(
    provisioner,
  );
  if (rows[0]?.prepared === hash) return;
  const all = [...statements, `comment on schema tenantry is '${hash}'`];
  const body = all.map((statement) => `execute $statement$${statement}$statement$;`).join('\n');
  await sql.raw(`do $preparation$ begin\n${body}\nend $preparation$`).execute(provisioner);
}

function preparation(database: string): string[] {
  const { schema, owner, user } = referenceSchema;
  const roles = ['platform_migrator', 'platform_indexer'] as const;
  return [
    `revoke all on database ${database} from public`,
    'revoke all on schema public from public',
    'create schema if not exists tenantry',
    'revoke all on schema tenantry from public',
    ...clusterFunctions,
    'revoke execute on all functions in schema tenantry from public',
    ...roles.map((role) => `grant connect on database ${database} to ${role}`),
    'grant usage on schema tenantry to platform_migrator',
    ...callers.platform_migrator.map(
      (signature) => `grant execute on function tenantry.${signature} to platform_migrator`,
    ),
    `select tenantry.ensure_schema('${schema}', '${owner}', '${user}', 'select, insert, update, delete')`,
  ];
}
