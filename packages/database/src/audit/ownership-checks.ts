import type { AuditCheck } from './audit-check.ts';

/** Who may do what to a cluster's databases. */
export const databaseChecks: readonly AuditCheck[] = [
  {
    code: 'DATABASE_GRANT',
    sql: `select coalesce(g.name, cast(d.datname as text)) as subject, format('database %I', d.datname) as object,
        format('%s has %s', coalesce(g.name, 'PUBLIC'), string_agg(a.privilege_type, ', ' order by a.privilege_type)) as what,
        jsonb_build_array(format('revoke %s on database %I from %s', string_agg(a.privilege_type, ', ' order by a.privilege_type),
          d.datname, coalesce(quote_ident(g.name), 'public'))) as commands,
        case when o.name = 'platform_provisioner' then o.name else 'administrator' end as repaired_by,
        o.name = 'platform_provisioner' as is_automatic
      from pg_database d join role o on o.oid = d.datdba, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
        left join role g on g.oid = a.grantee
      where d.datallowconn and o.name <> 'rdsadmin' and a.grantee <> d.datdba and case
        when a.grantee = 0 then true
        when g.kind = 'tenant' then d.datname <> g.name or a.privilege_type <> 'CONNECT' or a.is_grantable
        when g.kind = 'group' then d.datname <> current_database() or a.privilege_type <> 'CONNECT' or a.is_grantable
        when g.kind in ('owner', 'pool', 'pool writers', 'pool owner', 'static') then true
        when g.kind = 'platform' then a.privilege_type <> 'CONNECT' and g.name <> 'platform_provisioner'
        else d.datname ~ '^t_[a-z0-9]{16,32}$'
      end
      group by d.datname, g.name, o.name`,
  },
];

/** What roles own or may do in any database of a server. */
export const ownershipChecks: readonly AuditCheck[] = [
  {
    code: 'OWNERSHIP',
    sql: `select r.name as subject, format('role %I', r.name) as object,
        format('it owns %s %s', count(*), cast(cast(s.classid as regclass) as text))
          || case when d.datname is null then '' else format(' in database %I', d.datname) end as what,
        case when r.kind = 'tenant' and s.classid <> cast('pg_largeobject' as regclass) and d.datname = current_database()
          and exists (select from role o where o.name = 'o_' || substr(r.name, 3))
          then jsonb_build_array(format('reassign owned by %I to %I', r.name, 'o_' || substr(r.name, 3))) end as commands,
        'platform_provisioner' as repaired_by, true as is_automatic
      from pg_shdepend s join role r on r.oid = s.refobjid left join pg_database d on d.oid = s.dbid
      where s.refclassid = cast('pg_authid' as regclass) and s.deptype = 'o' and r.kind in ('tenant', 'pool', 'pool writers', 'group')
      group by r.name, r.kind, s.classid, d.datname`,
  },
  {
    code: 'FOREIGN_RIGHT',
    sql: `select r.name as subject, format('role %I', r.name) as object,
        format('it has rights on %s objects in database %I', count(*), d.datname) as what,
        null as commands, null as repaired_by, false as is_automatic
      from pg_shdepend s join role r on r.oid = s.refobjid join pg_database d on d.oid = s.dbid
      where s.refclassid = cast('pg_authid' as regclass) and s.deptype = 'a' and r.kind in ('tenant', 'pool', 'pool writers', 'group')
        and d.datname not in (current_database(), r.name)
      group by r.name, d.datname`,
  },
];
