import {
  poolSchemaOf,
  PrivilegesNotEffectiveError,
  schemaNameOf,
  type PoolName,
  type TenantId,
} from '@tenantry/tenancy';
import { sql, type QueryExecutorProvider } from 'kysely';

/** What a tenant's login should find in a database. */
export interface ExpectedSchemas {
  /** `own` is the one in which names resolve: the tenant's, or its pool's. */
  readonly schemas: readonly ('own' | 'shared')[];
  /** Null for a tenant with tables of its own. */
  readonly pool: PoolName | null;
  /** Whether migrations were applied to its own schema. @default false */
  readonly isMigrated?: boolean;
}

/**
 * Looks at a database through the tenant's own login and throws `PrivilegesNotEffectiveError` unless it is that tenant, can use no schema
 * of another tenant or pool, and finds there what it should.
 */
export async function verifyLogin(
  db: QueryExecutorProvider,
  id: TenantId,
  { schemas, pool, isMigrated = false }: ExpectedSchemas,
): Promise<void> {
  const own = pool === null ? schemaNameOf(id) : poolSchemaOf(pool);
  const result = await sql<{
    who: string;
    resolves: string | null;
    ledger: boolean;
    shared: boolean;
    strangers: bigint;
  }>`
    select current_user as who, (current_schemas(false))[1] as resolves,
      to_regclass((current_schemas(false))[1] || '.tenantry_ledger') is not null as ledger,
      coalesce(has_schema_privilege(to_regnamespace('shared'), 'USAGE'), false) as shared,
      (select count(*) from pg_catalog.pg_namespace
        where (nspname like 't\\_%' or nspname like 'p\\_%') and nspname <> ${own} and has_schema_privilege(oid, 'USAGE')) as strangers`.execute(
    db,
  );
  const row = result.rows[0];
  const violations = [
    row?.who !== schemaNameOf(id) && `the secret logs in as ${row?.who ?? 'nobody'}`,
    schemas.includes('own') &&
      row?.resolves !== own &&
      `names resolve in ${row?.resolves ?? 'no schema'}`,
    isMigrated && row?.ledger !== true && 'the tables that migrations made are not there',
    schemas.includes('shared') && row?.shared !== true && 'schema shared cannot be used',
    row?.strangers !== 0n && `${row?.strangers ?? 'unknown'} schemas of others can be used`,
  ].filter((violation) => violation !== false);
  if (violations.length > 0) throw new PrivilegesNotEffectiveError(id, violations);
}
