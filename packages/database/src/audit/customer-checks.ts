import type { AuditCheck } from './audit-check.ts';

/** Who may do what to the databases of a customer's server: PUBLIC and strangers nothing in the tenant's, the tenant nothing in others. */
export const customerDatabaseChecks: readonly AuditCheck[] = [
  {
    code: 'DATABASE_GRANT',
    sql: `select (select min(name) from role where kind = 'tenant') as subject, format('database %I', d.datname) as object,
        format('%s has %s', coalesce(g.name, 'PUBLIC'), string_agg(a.privilege_type, ', ' order by a.privilege_type)) as what,
        jsonb_build_array(format('revoke %s on database %I from %s', string_agg(a.privilege_type, ', ' order by a.privilege_type),
          d.datname, coalesce(quote_ident(g.name), 'public'))) as commands,
        case when d.datname = current_database() then 'platform_provisioner' else 'administrator' end as repaired_by,
        d.datname = current_database() as is_automatic
      from pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a left join role g on g.oid = a.grantee
      where d.datallowconn and a.grantee <> d.datdba and case
        when d.datname <> current_database() then g.kind in ('tenant', 'owner', 'migrator')
        when a.grantee = 0 then true
        when g.kind in ('tenant', 'migrator') then a.privilege_type <> 'CONNECT' or a.is_grantable
        else g.kind in ('owner', 'stranger')
      end
      group by d.datname, g.name`,
  },
];
