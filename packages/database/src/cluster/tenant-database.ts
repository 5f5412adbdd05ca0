import { schemaNameOf, type TenantId } from '@tenantry/tenancy';
import { sql, type QueryExecutorProvider } from 'kysely';
import { ensureContents } from './database-contents.ts';
import type { ProvisionerLogins } from './provisioner-logins.ts';
import { createDatabase, isTemplateReady, templateDatabase } from './template-database.ts';
import { provisionTenantSchema } from './tenant-schema.ts';

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
  await copyTemplate(home, name);
  const own = openDatabase(name);
  await prepareTenantDatabase(own, id);
  await provisionTenantSchema(own, id, options);
  await sql`grant connect on database ${sql.id(name)} to ${sql.id(name)}`.execute(own);
}

/** Without the template, which a deployment makes, an empty database is filled instead. */
async function copyTemplate(home: QueryExecutorProvider, name: string): Promise<void> {
  const { rows } = await sql`select from pg_catalog.pg_database where datname = ${name}`.execute(
    home,
  );
  if (rows.length > 0) return;
  // template0 takes no connections either, which would be in the way.
  await createDatabase(home, name, (await isTemplateReady(home)) ? templateDatabase : 'template0');
}

/** Drops a tenant's own database and ends the sessions in it. One that is not there is no error. */
export async function dropTenantDatabase(
  provisioner: QueryExecutorProvider,
  id: TenantId,
): Promise<void> {
  const name = sql.id(schemaNameOf(id));
  await sql`drop database if exists ${name} with (force)`.execute(provisioner);
}

/**
 * Brings the platform's functions in a tenant's own database up to date, and closes it to PUBLIC. Where the former is done already it costs
 * one query. `provisioner` is logged in there as the database's owner.
 */
export async function prepareTenantDatabase(
  provisioner: QueryExecutorProvider,
  id: TenantId,
): Promise<void> {
  const database = schemaNameOf(id);
  // A copy does not take along the rights on the database itself.
  await sql
    .raw(
      `do $rights$ begin
        revoke all on database ${database} from public;
        grant connect on database ${database} to platform_migrator, platform_indexer, platform_auditor;
      end $rights$`,
    )
    .execute(provisioner);
  await ensureContents(provisioner);
}
