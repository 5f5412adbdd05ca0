import type { AuditCheck } from './audit-check.ts';
import { ownedKinds } from './audit-names.ts';

/** SQL: where the names of a tenant `r` of a cluster lead: to its own schema or the tables of its pool, and to what all tenants share. */
export const clusterPath = `coalesce(quote_ident(coalesce(
      case when exists (select from pg_namespace where nspname = r.name) or exists (select from pg_database where datname = r.name)
        then r.name end,
      (select cast(g.rolname as text) from pg_auth_members a join pg_roles g on g.oid = a.roleid
        where a.member = r.oid and g.rolname ~ '^p_[a-z][a-z0-9]{0,19}$' order by g.rolname limit 1))) || ', ', '') || 'shared'`;

/** What is asked of roles as such: `limit` is the connection limit that tenants have, `path` the search path as SQL. */
export function roleChecks(limit: number, path: string = clusterPath): readonly AuditCheck[] {
  return [
    {
      code: 'ROLE_POWER',
      sql: `select name as subject, format('role %I', name) as object, 'it has ' || string_agg(attribute, ', ') as what,
          jsonb_build_array(format('alter role %I %s', name, string_agg('no' || lower(attribute), ' '))) as commands,
          case when kind <> 'platform' and not bool_or(needs_superuser) then 'platform_provisioner' else 'administrator' end as repaired_by,
          kind <> 'platform' and not bool_or(needs_superuser) as is_automatic
        from role, lateral (values
          ('SUPERUSER', rolsuper, true), ('BYPASSRLS', rolbypassrls, true), ('REPLICATION', rolreplication, true),
          ('CREATEROLE', rolcreaterole and name <> 'platform_provisioner', false),
          ('CREATEDB', rolcreatedb and name <> 'platform_provisioner', false)) power (attribute, is_on, needs_superuser)
        where kind <> 'other' and is_on group by name, kind`,
    },
    {
      code: 'OWNER_LOGIN',
      sql: `select name as subject, format('role %I', name) as object, 'it can log in' as what,
          jsonb_build_array(format('alter role %I nologin', name)) as commands,
          case when kind in ('group', 'static') then 'administrator' else 'platform_provisioner' end as repaired_by,
          kind not in ('group', 'static') as is_automatic
        from role where kind in ('owner', 'pool', 'pool writers', 'pool owner', 'group', 'static') and rolcanlogin`,
    },
    {
      code: 'CONNECTION_LIMIT',
      sql: `select name as subject, format('role %I', name) as object,
          case when rolconnlimit < 0 then 'it has no connection limit' else format('its connection limit is %s', rolconnlimit) end as what,
          jsonb_build_array(format('alter role %I connection limit ${limit}', name)) as commands,
          'platform_provisioner' as repaired_by, true as is_automatic
        from role where kind = 'tenant' and rolcanlogin and rolconnlimit not between 0 and ${limit}`,
    },
    ...membershipChecks,
    ...settingChecks(path),
  ];
}

// PostgreSQL 15 has no options of a membership, which is why they are read through JSON.
const memberships = `select g.name as granted, g.kind as granted_kind, m.name as member, m.kind as member_kind, b.name as grantor,
    coalesce(b.name = 'platform_provisioner' or b.kind = 'customer', false) as is_ours, a.admin_option,
    coalesce(cast(to_jsonb(a) ->> 'inherit_option' as boolean), false) as inherits,
    coalesce(cast(to_jsonb(a) ->> 'set_option' as boolean), false) as sets,
    exists (select from pg_namespace n where n.nspname = m.name) as has_schema,
    exists (select from pg_namespace n where n.nspname = g.name)
      or exists (select from pg_database d where d.datname = g.name) as is_walled
  from pg_auth_members a join role g on g.oid = a.roleid join role m on m.oid = a.member left join role b on b.oid = a.grantor
  where not m.rolsuper and m.oid <> (select datdba from pg_database where datname = current_database())
    and (g.kind <> 'other' or m.kind <> 'other')`;

/** Every membership that provisioning does not give. */
const membershipChecks: readonly AuditCheck[] = [
  {
    code: 'MEMBERSHIP',
    sql: `select case when member_kind in ${ownedKinds} then member else granted end as subject,
        format('role %I', member) as object,
        format('it is a member of %I', granted) || case
          when admin_option then ' and may give that on'
          when member = 'platform_migrator' and inherits then ' and inherits its rights'
          when member = 'platform_indexer' and sets then ' and can become it'
          else '' end as what,
        jsonb_build_array(format('revoke %I from %I', granted, member)
          || case when grantor is null then '' else format(' granted by %I', grantor) end) || case
          when member = 'platform_migrator' and granted_kind in ('owner', 'pool owner')
            then jsonb_build_array(format('select tenantry.allow_set_role(%L, %L)', granted, member))
          when member = 'platform_indexer' and granted_kind in ('owner', 'pool owner')
            then jsonb_build_array(format('select tenantry.allow_inherit(%L, %L)', granted, member))
          else '[]' end as commands,
        case when is_ours then 'platform_provisioner' else 'administrator' end as repaired_by, is_ours as is_automatic
      from (${memberships}) membership
      where not case
        when member_kind = 'customer' then true
        when granted_kind = 'customer' then member_kind = 'other'
        when member_kind = 'migrator' then granted = 'o_' || substr(member, 3) and not admin_option
        when granted = 'app_tenants' then member in ('site', 'platform_provisioner') or (member_kind = 'tenant' and not admin_option)
        when granted = 'app_dedicated' then member = 'platform_provisioner' or (member_kind = 'tenant' and not admin_option)
        when member_kind = 'tenant' then granted_kind = 'pool' and not admin_option and not has_schema
        when member_kind = 'pool owner' and granted_kind in ('pool', 'pool writers') then substr(granted, strpos(granted, '_')) = substr(member, 3)
        when member_kind in ('owner', 'pool', 'pool writers', 'pool owner', 'group', 'static') then false
        when granted_kind in ${ownedKinds} or granted_kind = 'static' then case member
          when 'platform_provisioner' then granted_kind <> 'static' or granted = 'o_reference'
          when 'platform_migrator' then granted_kind in ('owner', 'pool owner', 'static') and not admin_option and not inherits
            or granted_kind = 'tenant' and not admin_option and not inherits and not is_walled
          when 'platform_indexer' then granted_kind in ('owner', 'pool owner', 'static') and granted <> 'o_catalog'
            and not admin_option and not sets
          else false end
        when granted in ('pg_signal_backend', 'rds_password') then member = 'platform_provisioner'
        else false
      end`,
  },
  {
    code: 'MEMBERSHIP',
    sql: `select min(m.name) as subject, format('role %I', m.name) as object,
        'it is a member of several pools, ' || string_agg(g.name, ', ' order by g.name) as what,
        null as commands, null as repaired_by, false as is_automatic
      from pg_auth_members a join role g on g.oid = a.roleid join role m on m.oid = a.member
      where g.kind = 'pool' and m.kind = 'tenant' group by m.name having count(distinct g.name) > 1`,
  },
];

/** Settings of roles and of the database, which decide where names lead. */
const settingChecks = (path: string): readonly AuditCheck[] => [
  {
    code: 'ROLE_SETTING',
    sql: `select name as subject, format('role %I', name) as object,
        'its settings are ' || coalesce(nullif(array_to_string(found, '; '), ''), 'none') as what,
        jsonb_build_array(
          format('alter role %I reset all', name), format('alter role %I set search_path = %s', name, path),
          format('alter role %I set statement_timeout = %L', name, '30s'),
          format('alter role %I set idle_in_transaction_session_timeout = %L', name, '60s')) as commands,
        'platform_provisioner' as repaired_by, true as is_automatic
      from (
        select r.name, r.oid, path, array['idle_in_transaction_session_timeout=60s', 'search_path=' || path, 'statement_timeout=30s'] as settings
        from role r, lateral (select ${path} as path) leads where r.kind = 'tenant' and r.rolcanlogin
      ) expected, lateral (
        select coalesce((select array_agg(setting order by setting) from pg_db_role_setting s, unnest(s.setconfig) setting
          where s.setrole = expected.oid and s.setdatabase = 0), '{}') as found
      ) actual
      where found <> settings`,
  },
  {
    code: 'ROLE_SETTING',
    sql: `select r.name as subject, format('role %I', r.name) as object,
        format('it has settings in database %I, ', d.datname) || array_to_string(s.setconfig, '; ') as what,
        jsonb_build_array(format('alter role %I in database %I reset all', r.name, d.datname)) as commands,
        case when r.kind in ${ownedKinds} then 'platform_provisioner' else 'administrator' end as repaired_by,
        r.kind in ${ownedKinds} as is_automatic
      from pg_db_role_setting s join role r on r.oid = s.setrole join pg_database d on d.oid = s.setdatabase
      where r.kind <> 'other'`,
  },
  {
    code: 'ROLE_SETTING',
    sql: `select r.name as subject, format('role %I', r.name) as object, 'its settings are ' || array_to_string(s.setconfig, '; ') as what,
        jsonb_build_array(format('alter role %I reset all', r.name)) as commands,
        case when r.kind in ${ownedKinds} then 'platform_provisioner' else 'administrator' end as repaired_by,
        r.kind in ${ownedKinds} as is_automatic
      from pg_db_role_setting s join role r on r.oid = s.setrole
      where s.setdatabase = 0 and (r.kind in ('owner', 'pool', 'pool writers', 'pool owner', 'group', 'static')
        or r.kind in ('platform', 'migrator') and exists (select from unnest(s.setconfig) setting
          where setting ~ '^(search_path|role|session_preload_libraries|local_preload_libraries|row_security)='))`,
  },
  {
    code: 'DATABASE_SETTING',
    sql: `select cast(d.datname as text) as subject, format('database %I', d.datname) as object, 'it sets ' || setting as what,
        jsonb_build_array(format('alter database %I reset %s', d.datname, split_part(setting, '=', 1))) as commands,
        'administrator' as repaired_by, false as is_automatic
      from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase, unnest(s.setconfig) setting
      where s.setrole = 0
        and setting ~ '^(search_path|role|session_preload_libraries|local_preload_libraries|row_security|session_replication_role)='`,
  },
];
