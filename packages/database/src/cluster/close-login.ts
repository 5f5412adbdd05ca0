import { schemaNameOf, type TenantId } from '@tenantry/tenancy';
import { sql, type QueryExecutorProvider } from 'kysely';
import { isLoginRefused } from '../is-login-refused.ts';
import { retryCatalogRace } from '../retry-catalog-race.ts';
import { sqlStateOf } from '../sql-state.ts';

/**
 * Closes a tenant's login and ends its sessions in all databases of a cluster, from whichever of them `provisioner` is logged in to. It
 * needs two sessions at once, and none of the platform's functions. Does nothing for a role that is not there, nor where
 * `platform_provisioner` may not enter the database.
 */
export async function closeLogin(provisioner: QueryExecutorProvider, id: TenantId): Promise<void> {
  const role = schemaNameOf(id);
  if (!(await isRoleSeen(provisioner, role))) return;
  const name = sql.id(role);
  // A login that waits to be let into the shared database was found open before; without this right it is turned away at the door.
  await retryCatalogRace(() => sql`revoke app_tenants from ${name}`.execute(provisioner));
  const closing = retryCatalogRace(() => sql`alter role ${name} nologin`.execute(provisioner));
  await endSessionsUntil(provisioner, { role, settled: closing });
  await endSessions(provisioner, role);
}

async function isRoleSeen(provisioner: QueryExecutorProvider, role: string): Promise<boolean> {
  try {
    const query = sql`select from pg_catalog.pg_roles where rolname = ${role}`;
    return (await query.execute(provisioner)).rows.length > 0;
  } catch (error) {
    if (isEntryRefused(error)) return false;
    throw error;
  }
}

/** No right to connect, no such database, or no such login there. */
function isEntryRefused(error: unknown): boolean {
  return (
    isLoginRefused(error) ||
    ['42501', '3D000'].includes(sqlStateOf(error) ?? '') ||
    (error instanceof Error && error.name === 'DatabaseNotFoundException')
  );
}

/** The tenant may have changed its own password in a transaction that it leaves open: nobody else changes the role before that ends. */
async function endSessionsUntil(
  provisioner: QueryExecutorProvider,
  { role, settled }: { readonly role: string; readonly settled: Promise<unknown> },
): Promise<void> {
  const progress = { isSettled: false };
  const end = async (): Promise<void> => {
    do await endSessions(provisioner, role);
    while (!progress.isSettled);
  };
  await Promise.all([settled.finally(() => (progress.isSettled = true)), end()]);
}

/** Waits until they are gone. */
async function endSessions(provisioner: QueryExecutorProvider, role: string): Promise<void> {
  await sql`select count(pg_terminate_backend(pid, 5000)) from pg_catalog.pg_stat_activity
    where usename = ${role}`.execute(provisioner);
}
