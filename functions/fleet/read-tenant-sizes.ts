import { sql, type Kysely, type RawBuilder } from 'kysely';

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
  // As keys, which PostgreSQL finds by halving; it would compare a list with every schema, name by name.
  const names = JSON.stringify(Object.fromEntries(tenantIds.map((id) => [`t_${id}`, 0])));
  const result = await sql<TenantSize>`
    select substr(name, 3) as "tenantId", rows
    from (${sizesOf(sql`cast(${names} as jsonb) -> cast(n.nspname as text) is not null`)}) sizes`.execute(
    migrator,
  );
  return result.rows;
}

/** The smallest and the largest tenants of one cluster, so many of each. */
export async function readExtremeSizes(
  migrator: Kysely<unknown>,
  count: number,
): Promise<TenantSize[]> {
  const result = await sql<TenantSize>`
    with sizes as materialized (${sizesOf(sql`n.nspname ~ '^t_[a-z0-9]{16,32}$'`)})
    select substr(name, 3) as "tenantId", rows from (
      (select name, rows from sizes order by rows, name limit ${count})
      union (select name, rows from sizes order by rows desc, name limit ${count})
    ) extremes`.execute(migrator);
  return result.rows;
}

// A table that was never analysed has no row count yet; the statistics of its changes know the rows that were written.
const sizesOf = (isMeant: RawBuilder<unknown>) => sql`
  select cast(n.nspname as text) as name, cast(coalesce(sum(greatest(c.reltuples, pg_stat_get_live_tuples(c.oid), 0)), 0)
    as double precision) as rows
  from pg_namespace n
  left join pg_class c on c.relnamespace = n.oid and c.relkind = 'r' and c.relname <> 'tenantry_ledger'
  where ${isMeant}
  group by n.nspname`;
