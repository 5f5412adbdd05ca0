import { PrivilegesNotEffectiveError, schemaNameOf, type TenantId } from '@tenantry/tenancy';
import { sql, type QueryExecutorProvider } from 'kysely';

/**
 * Looks at a database through the tenant's own login and throws `PrivilegesNotEffectiveError` unless it is that tenant, can use no other
 * tenant's schema, and finds there what it should: its `own` schema, in which names resolve, and the one that is `shared`.
 */
export async function verifyLogin(
  db: QueryExecutorProvider,
  id: TenantId,
  schemas: readonly ('own' | 'shared')[],
): Promise<void> {
  const result = await sql<{
    who: string;
    resolves: string | null;
    shared: boolean;
    strangers: bigint;
  }>`
    select current_user as who, (current_schemas(false))[1] as resolves,
      coalesce(has_schema_privilege(to_regnamespace('shared'), 'USAGE'), false) as shared,
      (select count(*) from pg_catalog.pg_namespace
        where nspname like 't\\_%' and nspname <> current_user and has_schema_privilege(oid, 'USAGE')) as strangers`.execute(
    db,
  );
  const row = result.rows[0];
  const violations = [
    row?.who !== schemaNameOf(id) && `the secret logs in as ${row?.who ?? 'nobody'}`,
    schemas.includes('own') &&
      row?.resolves !== schemaNameOf(id) &&
      `names resolve in ${row?.resolves ?? 'no schema'}`,
    schemas.includes('shared') && row?.shared !== true && 'schema shared cannot be used',
    row?.strangers !== 0n && `${row?.strangers ?? 'unknown'} schemas of other tenants can be used`,
  ].filter((violation) => violation !== false);
  if (violations.length > 0) throw new PrivilegesNotEffectiveError(id, violations);
}
