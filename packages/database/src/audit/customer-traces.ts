import { sql, type QueryExecutorProvider } from 'kysely';

/** What a customer's server holds under a tenant's id, seen from one of its databases. */
export interface CustomerTrace {
  readonly id: string;
  /** Roles `t_<id>`, `o_<id>` and `m_<id>`, as far as they are there. */
  readonly roles: readonly string[];
  /** Schema `t_<id>` in the database that was asked. */
  readonly hasSchema: boolean;
  /** The databases that were made for the tenant, as their comments say. */
  readonly databases: readonly string[];
  readonly canLogIn: boolean;
  /** Whether it may use its schema. */
  readonly mayUseSchema: boolean;
  /** Whether `m_<id>` can become `o_<id>`. */
  readonly canMigrate: boolean;
}

interface TraceRow {
  readonly id: string;
  readonly roles: readonly string[];
  readonly has_schema: boolean;
  readonly databases: readonly string[];
  readonly can_log_in: boolean;
  readonly may_use_schema: boolean;
  readonly can_migrate: boolean;
}

/** Every trace of a tenant on a customer's server, by id. Any login may ask. */
export async function listCustomerTraces(db: QueryExecutorProvider): Promise<CustomerTrace[]> {
  const { rows } = await sql<TraceRow>`
    with found as (
      select substr(rolname, 3) as id from pg_catalog.pg_roles where rolname ~ '^[tom]_[a-z0-9]{16,32}$'
      union select substr(nspname, 3) from pg_catalog.pg_namespace where nspname ~ '^t_[a-z0-9]{16,32}$'
      union select ${madeFor} from pg_catalog.pg_database d where ${madeFor} is not null
    )
    select id, n.oid is not null as has_schema, coalesce(t.rolcanlogin, false) as can_log_in,
      coalesce(has_schema_privilege(t.oid, n.oid, 'USAGE'), false) as may_use_schema,
      coalesce(pg_has_role(m.oid, o.oid, 'MEMBER'), false) as can_migrate,
      to_jsonb(array_remove(array[cast(t.rolname as text), cast(o.rolname as text), cast(m.rolname as text)], null)) as roles,
      coalesce((select jsonb_agg(d.datname order by d.datname) from pg_catalog.pg_database d where ${madeFor} = id), '[]') as databases
    from found left join pg_catalog.pg_roles t on t.rolname = cast('t_' || id as name)
      left join pg_catalog.pg_roles o on o.rolname = cast('o_' || id as name)
      left join pg_catalog.pg_roles m on m.rolname = cast('m_' || id as name)
      left join pg_catalog.pg_namespace n on n.nspname = cast('t_' || id as name)
    order by id collate "C"`.execute(db);
  return rows.map((row) => ({
    id: row.id,
    roles: row.roles,
    hasSchema: row.has_schema,
    databases: row.databases,
    canLogIn: row.can_log_in,
    mayUseSchema: row.may_use_schema,
    canMigrate: row.can_migrate,
  }));
}

const madeFor = sql.raw(
  `substring(shobj_description(d.oid, 'pg_database') from '^made for tenant ([a-z0-9]{16,32})$')`,
);
