import { sql, type Kysely } from 'kysely';
import type { MigrationTarget } from '../apply-options.ts';

/** How many rows a table has, and which table it is where the name was an index's. */
export interface TableRows {
  readonly table: string;
  readonly rows: number;
}

/** Up to here a table is counted; above, the planner's statistics are good enough. */
const countedRows = 10_000;
const countedBytes = 64 * 1024 * 1024;

interface TableRow {
  readonly name: string;
  readonly table: string;
  /** Less than 0 where nothing has counted the rows yet. */
  readonly estimate: number;
  readonly bytes: string;
}

/** Rows of the tables with these names in one schema, by name; names that are not there, or are no table's or index's, are left out. */
export async function countRows<Tables>(
  migrator: Kysely<Tables>,
  { schema, owner }: MigrationTarget,
  names: readonly string[],
): Promise<Map<string, TableRows>> {
  if (names.length === 0) return new Map();
  const { rows } = await sql<TableRow>`
    select c.relname as name, t.relname as "table", cast(t.reltuples as float8) as estimate,
      cast(pg_relation_size(t.oid) as text) as bytes
    from pg_class c
    left join pg_index i on i.indexrelid = c.oid
    join pg_class t on t.oid = coalesce(i.indrelid, c.oid) and t.relkind in ('r', 'p', 'm')
    join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${schema}
      and c.relname in (select jsonb_array_elements_text(cast(${JSON.stringify(names)} as jsonb)))`.execute(
    migrator,
  );
  const counted = rows.filter(
    ({ estimate, bytes }) => estimate < countedRows && Number(bytes) <= countedBytes,
  );
  const tables = [...new Set(counted.map(({ table }) => table))];
  const exact = await countExactly(migrator, { schema, owner }, tables);
  return new Map(
    rows.map(({ name, table, estimate }) => [
      name,
      { table, rows: exact.get(table) ?? Math.max(0, Math.round(estimate)) },
    ]),
  );
}

async function countExactly<Tables>(
  migrator: Kysely<Tables>,
  place: Pick<MigrationTarget, 'schema' | 'owner'>,
  tables: readonly string[],
): Promise<Map<string, number>> {
  if (tables.length === 0) return new Map();
  const counts = tables.map(
    (table) => sql`select cast(${table} as text) as "table", cast(count(*) as float8) as rows
      from ${sql.id(place.schema, table)}`,
  );
  return await migrator.transaction().execute(async (trx) => {
    await sql`select set_config('role', ${place.owner}, true)`.execute(trx);
    const { rows } = await sql<TableRows>`${sql.join(counts, sql` union all `)}`.execute(trx);
    return new Map(rows.map(({ table, rows: count }) => [table, count]));
  });
}
