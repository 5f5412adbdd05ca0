import { PrivilegesNotEffectiveError, type TenantId } from '@tenantry/tenancy';
import { sql, type QueryExecutorProvider } from 'kysely';

/**
 * Looks into every shared table through the tenant's own login and throws `PrivilegesNotEffectiveError` where it finds a row that is not
 * the tenant's.
 */
export async function verifyRows(db: QueryExecutorProvider, id: TenantId): Promise<void> {
  const tables = await sql<{ name: string }>`
    select cast(c.relname as text) as name
    from pg_catalog.pg_class c
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant' and not a.attisdropped
    where c.relnamespace = cast((current_schemas(false))[1] as regnamespace) and c.relkind in ('r', 'p')
      and has_table_privilege(c.oid, 'SELECT')
    order by c.relname`.execute(db);
  if (tables.rows.length === 0) return;
  const questions = tables.rows.map(
    ({ name }) => sql`select cast(${name} as text) as name
      where exists (select from ${sql.id(name)} where tenant <> current_user)`,
  );
  const open = await sql<{ name: string }>`${sql.join(questions, sql` union all `)}`.execute(db);
  if (open.rows.length === 0) return;
  const violations = open.rows.map(({ name }) => `rows of other tenants are seen in table ${name}`);
  throw new PrivilegesNotEffectiveError(id, violations);
}
