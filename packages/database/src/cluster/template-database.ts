import { createHash } from 'node:crypto';
import { sql, type QueryExecutorProvider } from 'kysely';
import { retryCatalogRace } from '../retry-catalog-race.ts';
import { sqlStateOf } from '../sql-state.ts';
import { commandGuardStatement, ensureCommandGuard } from './command-guard.ts';
import { contentsHash, ensureContents } from './database-contents.ts';
import type { ProvisionerLogins } from './provisioner-logins.ts';

/** The database that tenants' own ones are copied from; another one for each form of what is in it. */
export const templateDatabase = `template_tenantry_${createHash('sha256')
  .update(contentsHash + commandGuardStatement)
  .digest('hex')
  .slice(0, 16)}`;

/** As `platform_provisioner`, and as the master user of the same cluster. */
export interface TemplateLogins extends ProvisionerLogins {
  readonly openAsAdmin: (database: string) => QueryExecutorProvider;
}

/**
 * Makes the database that tenants' own ones are copied from, unless it is there, and drops those of earlier installations. Nobody can
 * connect to it once it is complete: PostgreSQL copies no database that has a session.
 */
export async function ensureTemplateDatabase(logins: TemplateLogins): Promise<void> {
  const { home } = logins;
  if (!(await isTemplateReady(home))) {
    try {
      await makeTemplate(logins);
    } catch (error) {
      // Whoever completes it first shuts the others out, who then need do nothing.
      if (!(await isTemplateReady(home))) throw error;
    }
  }
  await dropOlderTemplates(home);
}

async function makeTemplate({ home, openDatabase, openAsAdmin }: TemplateLogins): Promise<void> {
  const name = sql.id(templateDatabase);
  await createDatabase(home, templateDatabase, 'template0');
  await retryCatalogRace(() => sql`revoke all on database ${name} from public`.execute(home));
  await ensureContents(openDatabase(templateDatabase));
  await ensureCommandGuard(openAsAdmin(templateDatabase));
  await retryCatalogRace(() =>
    sql`alter database ${name} with allow_connections false`.execute(home),
  );
  await sql`select pg_terminate_backend(pid) from pg_catalog.pg_stat_activity
    where datname = ${templateDatabase}`.execute(home);
}

/** Whether a tenant's database can be copied, which is quicker than filling it. */
export async function isTemplateReady(provisioner: QueryExecutorProvider): Promise<boolean> {
  const { rows } = await sql`
    select from pg_catalog.pg_database where datname = ${templateDatabase} and not datallowconn`.execute(
    provisioner,
  );
  return rows.length > 0;
}

/** Creates a database. In no transaction, so that a repetition may find it made; that is no error. */
export async function createDatabase(
  provisioner: QueryExecutorProvider,
  name: string,
  template: string,
): Promise<void> {
  try {
    await sql`create database ${sql.id(name)} template ${sql.id(template)} strategy wal_log`.execute(
      provisioner,
    );
  } catch (error) {
    // 23505 is what PostgreSQL says when both began at the same moment.
    if (!['42P04', '23505'].includes(sqlStateOf(error) ?? '')) throw error;
  }
}

async function dropOlderTemplates(provisioner: QueryExecutorProvider): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select cast(datname as text) as name from pg_catalog.pg_database
    where datname like 'template\\_tenantry\\_%' and datname <> ${templateDatabase}`.execute(
    provisioner,
  );
  for (const { name } of rows)
    await sql`drop database if exists ${sql.id(name)} with (force)`.execute(provisioner);
}
