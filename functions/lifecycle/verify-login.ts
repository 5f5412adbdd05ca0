import { PrivilegesNotEffectiveError, schemaNameOf, type TenantId } from '@tenantry/tenancy';
import { sql, type QueryExecutorProvider } from 'kysely';

/**
 * Looks at the database through the tenant's own login and throws `PrivilegesNotEffectiveError` unless it is that tenant, resolves names
 * in its own schema, reads what is shared and can use no other tenant's schema.
 */
export async function verifyLogin(db: QueryExecutorProvider, id: TenantId): Promise<void> {
  const result = await sql<{
    who: string;
    resolves: string | null;
    shared: boolean;
    strangers: bigint;
  }>`
    select current_user as who, (current_schemas(false))[1] as resolves,
      has_schema_privilege('shared', 'USAGE') as shared,
      (select count(*) from pg_catalog.pg_namespace
        where nspname like 't\\_%' and nspname <> current_user and has_schema_privilege(oid, 'USAGE')) as strangers`.execute(
    db,
  );
  const row = result.rows[0];
  const violations = [
    row?.who !== schemaNameOf(id) && `the secret logs in as ${row?.who ?? 'nobody'}`,
    row?.resolves !== schemaNameOf(id) && `names resolve in ${row?.resolves ?? 'no schema'}`,
    row?.shared !== true && 'schema shared cannot be used',
    row?.strangers !== 0n && `${row?.strangers ?? 'unknown'} schemas of other tenants can be used`,
  ].filter((violation) => violation !== false);
  if (violations.length > 0) throw new PrivilegesNotEffectiveError(id, violations);
}
