import { sql, type Kysely } from 'kysely';

/** About how many rows a tenant's tables have. */
export interface TenantSize {
  readonly tenantId: string;
  readonly rows: number;
}

/** The sizes of the given tenants of one cluster; one without a schema there is left out. */
export async function readTenantSizes(
  migrator: Kysely<unknown>,
  tenantIds: readonly string[],
): Promise<TenantSize[]> {
  const names = JSON.stringify(tenantIds.map((id) => `t_${id}`));
  const result = await sql<TenantSize>`
    select substr(s.name, 3) as "tenantId", s.rows from (${schemaSizes}) s
    where s.name in (select jsonb_array_elements_text(cast(${names} as jsonb)))`.execute(migrator);
  return result.rows;
}

/** The smallest and the largest tenants of one cluster, so many of each. */
export async function readExtremeSizes(
  migrator: Kysely<unknown>,
  count: number,
): Promise<TenantSize[]> {
  const result = await sql<TenantSize>`
    with sizes as materialized (${schemaSizes})
    select substr(name, 3) as "tenantId", rows from (
      (select name, rows from sizes order by rows, name limit ${count})
      union (select name, rows from sizes order by rows desc, name limit ${count})
    ) extremes`.execute(migrator);
  return result.rows;
}

// A table that was never analysed has no row count yet; the statistics of its changes know the rows that were written.
const schemaSizes = sql`
  select cast(n.nspname as text) as name, cast(coalesce(sum(greatest(c.reltuples, pg_stat_get_live_tuples(c.oid), 0)), 0)
    as double precision) as rows
  from pg_namespace n
  left join pg_class c on c.relnamespace = n.oid and c.relkind = 'r' and c.relname <> 'tenantry_ledger'
  where n.nspname ~ '^t_[a-z0-9]{16,32}$'
  group by n.nspname`;
