import { sql, type QueryExecutorProvider } from 'kysely';

/** What one cluster holds under a tenant's id, whether or not there is such a tenant. */
export interface TenantTrace {
  readonly id: string;
  /** Role `t_<id>`. */
  readonly hasRole: boolean;
  /** Role `o_<id>`. */
  readonly hasOwner: boolean;
  /** Schema `t_<id>` in the database that was asked. */
  readonly hasSchema: boolean;
  /** Database `t_<id>`. */
  readonly hasDatabase: boolean;
  readonly canLogIn: boolean;
  /** Whether it is a member of `app_tenants`. */
  readonly isInGroup: boolean;
  /** Whether it is a member of `app_dedicated`, and sees its own routes. */
  readonly seesOwnRoutes: boolean;
  /** Whether it may use its schema. */
  readonly mayUseSchema: boolean;
  /** The pools' roles that it is a member of. */
  readonly pools: readonly string[];
}

/** Traces in one answer: each is some fifty bytes, of the megabyte that a call of the Data API carries. */
const readAtOnce = 2000;

/** Every trace of a tenant on a cluster, by id, seen from one of its databases. Any login may ask. */
export async function listTenantTraces(db: QueryExecutorProvider): Promise<TenantTrace[]> {
  const traces: TenantTrace[] = [];
  for (;;) {
    const { rows } = await selectPage(traces.at(-1)?.id ?? '').execute(db);
    traces.push(...rows.map(toTrace));
    if (rows.length < readAtOnce) return traces;
  }
}

interface TraceRow {
  readonly id: string;
  /** A letter for each thing that is there. */
  readonly marks: string;
  readonly pools: string | null;
}

function selectPage(after: string) {
  return sql<TraceRow>`
    with trace as (
      select substr(rolname, 3) as id, case left(rolname, 1) when 't' then 'R' else 'O' end as mark
        from pg_catalog.pg_roles where rolname ~ '^[to]_[a-z0-9]{16,32}$'
      union all select substr(nspname, 3), 'S' from pg_catalog.pg_namespace where nspname ~ '^t_[a-z0-9]{16,32}$'
      union all select substr(datname, 3), 'D' from pg_catalog.pg_database where datname ~ '^t_[a-z0-9]{16,32}$'
    ), page as (
      select id, string_agg(mark, '') as marks from trace
      where id collate "C" > ${after} group by id order by id collate "C" limit ${sql.lit(readAtOnce)}
    )
    select page.id, marks || case when r.rolcanlogin then 'L' else '' end
        || case when has_schema_privilege(r.oid, n.oid, 'USAGE') then 'U' else '' end
        || case when exists (select from pg_auth_members m join pg_roles g on g.oid = m.roleid
          where m.member = r.oid and g.rolname = 'app_tenants') then 'G' else '' end
        || case when exists (select from pg_auth_members m join pg_roles g on g.oid = m.roleid
          where m.member = r.oid and g.rolname = 'app_dedicated') then 'A' else '' end as marks,
      (select string_agg(distinct g.rolname, ' ') from pg_auth_members m join pg_roles g on g.oid = m.roleid
        where m.member = r.oid and g.rolname ~ '^p_[a-z][a-z0-9]{0,19}$') as pools
    from page left join pg_roles r on r.rolname = cast('t_' || page.id as name)
      left join pg_namespace n on n.nspname = cast('t_' || page.id as name)
    order by page.id collate "C"`;
}

function toTrace({ id, marks, pools }: TraceRow): TenantTrace {
  return {
    id,
    hasRole: marks.includes('R'),
    hasOwner: marks.includes('O'),
    hasSchema: marks.includes('S'),
    hasDatabase: marks.includes('D'),
    canLogIn: marks.includes('L'),
    isInGroup: marks.includes('G'),
    seesOwnRoutes: marks.includes('A'),
    mayUseSchema: marks.includes('U'),
    pools: pools === null ? [] : pools.split(' '),
  };
}
