import { sql, type QueryExecutorProvider } from 'kysely';

/** One column as PostgreSQL keeps it. */
export interface ColumnDescription {
  readonly name: string;
  /** Name of its type as in `pg_type.typname`; a domain counts as the type it is made from. */
  readonly type: string;
  /** The same of an array's elements; null where the column is no array. */
  readonly elementType: string | null;
  /** Labels in their order, where the column or its elements are of an enum. */
  readonly labels: readonly string[] | null;
  readonly isNullable: boolean;
  /** Whether an insert may leave it out although it is not nullable. */
  readonly hasDefault: boolean;
  /** Whether only PostgreSQL writes it: an identity or a computed column, or a column of a view. */
  readonly isGenerated: boolean;
}

/** A table or view with its columns in their order. */
export interface TableDescription {
  readonly name: string;
  readonly columns: readonly ColumnDescription[];
}

/** What may be selected from in one schema, by name. */
export interface SchemaDescription {
  readonly tables: readonly TableDescription[];
}

interface Row {
  readonly table: string;
  /** Null in the one row of a table without columns. */
  readonly column: ColumnDescription | null;
}

/**
 * Reads tables and views of one schema, in one query. The ledger of migrations, which only the platform reads, and partitions, which
 * are reached through their table, are left out. A schema that does not exist has no tables.
 */
export async function describeSchema(
  db: QueryExecutorProvider,
  schema: string,
): Promise<SchemaDescription> {
  const { rows } = await selectColumns(schema).execute(db);
  const tables = Map.groupBy(rows, (row) => row.table);
  return {
    tables: [...tables].map(([name, columns]) => ({
      name,
      columns: columns.flatMap(({ column }) => column ?? []),
    })),
  };
}

/** `bases` leads from each type to itself, and from a domain to the type below all domains. */
function selectColumns(schema: string) {
  return sql<Row>`
    with recursive bases (type, base, is_not_null, has_default) as (
      select oid, oid, false, false from pg_catalog.pg_type where typtype <> 'd'
      union all
      select d.oid, b.base, d.typnotnull or b.is_not_null, d.typdefault is not null or b.has_default
        from pg_catalog.pg_type d join bases b on b.type = d.typbasetype where d.typtype = 'd'
    ), columns as (
      select a.attrelid, a.attnum, a.attname, a.attnotnull, a.atthasdef, a.attidentity, a.attgenerated,
             b.base, b.is_not_null, b.has_default, t.typname,
             case when t.typcategory = 'A' then
               (select e.base from bases e where e.type = t.typelem) end as element
        from pg_catalog.pg_attribute a
        join bases b on b.type = a.atttypid
        join pg_catalog.pg_type t on t.oid = b.base
       where a.attnum > 0 and not a.attisdropped
    )
    select c.relname as "table",
           case when a.attname is not null then json_build_object(
             'name', a.attname,
             'type', a.typname,
             'elementType', e.typname,
             'labels', (select json_agg(l.enumlabel order by l.enumsortorder) from pg_catalog.pg_enum l
                         where l.enumtypid = coalesce(e.oid, v.oid)),
             'isNullable', not (a.attnotnull or a.is_not_null),
             'hasDefault', a.atthasdef or a.has_default or a.attidentity <> '',
             'isGenerated', c.relkind in ('v', 'm') or a.attidentity = 'a' or a.attgenerated <> ''
           ) end as "column"
      from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      left join columns a on a.attrelid = c.oid
      left join pg_catalog.pg_type e on e.oid = a.element
      left join pg_catalog.pg_type v on v.oid = a.base
     where n.nspname = ${schema} and c.relkind in ('r', 'p', 'v', 'm', 'f')
       and not c.relispartition and c.relname <> 'tenantry_ledger'
     order by c.relname collate "C", a.attnum`;
}
