import type { AuditCheck } from './audit-check.ts';
import { ownedKinds, repairedBy, sealPool } from './audit-names.ts';
import { deletionNames } from '../cluster/sql-patterns.ts';

const tableRights = `('SELECT', 'INSERT', 'UPDATE', 'DELETE')`;

/** What is asked of schemas. */
const onSchemas: readonly AuditCheck[] = [
  {
    code: 'SCHEMA_OWNER',
    sql: `select s.name as subject, format('schema %I', s.name) as object, format('it belongs to %I, not to %I', o.name, s.owner_name) as what,
        jsonb_build_array(format('alter schema %I owner to %I', s.name, s.owner_name)) as commands,
        ${repairedBy('o.kind')} as repaired_by, o.kind in ${ownedKinds} as is_automatic
      from schema s join role o on o.oid = s.nspowner where o.name <> s.owner_name`,
  },
  {
    code: 'SCHEMA_GRANT',
    sql: `select case when g.kind in ('tenant', 'pool') then g.name else s.name end as subject, format('schema %I', s.name) as object,
        format('%s has %s', coalesce(g.name, 'PUBLIC'), string_agg(a.privilege_type, ', ' order by a.privilege_type)) as what,
        jsonb_build_array(format('revoke %s on schema %I from %s', string_agg(a.privilege_type, ', ' order by a.privilege_type), s.name,
          coalesce(quote_ident(g.name), 'public'))) as commands,
        ${repairedBy('o.kind')} as repaired_by, o.kind in ${ownedKinds} as is_automatic
      from schema s join role o on o.oid = s.nspowner, aclexplode(coalesce(s.nspacl, acldefault('n', s.nspowner))) a
        left join role g on g.oid = a.grantee
      where a.grantee <> s.nspowner and case
        when a.grantee = 0 then true
        when g.kind in ('tenant', 'pool') then s.user_name is distinct from g.name or a.privilege_type <> 'USAGE' or a.is_grantable
        when g.kind = 'group' then s.kind <> case g.name when 'app_dedicated' then 'catalog' else 'shared' end
          or a.privilege_type <> 'USAGE' or a.is_grantable
        when g.kind in ('owner', 'pool writers', 'pool owner') then true
        when g.name = 'catalog_reader' then s.kind <> 'catalog' or a.privilege_type <> 'USAGE'
        when g.name = 'site' then s.kind not in ('site', 'shared') or a.privilege_type <> 'USAGE'
        when g.kind = 'platform' then s.kind in ('tenant', 'pool', 'public') or a.privilege_type <> 'USAGE'
        when g.kind = 'static' then false
        else s.kind in ('tenant', 'pool', 'catalog', 'tenantry')
      end
      group by s.name, s.kind, g.name, g.kind, o.kind`,
  },
];

/** SQL: the views through which tenants of a pool delete their rows. */
const isDeletionView = `c.relname ~ ${deletionNames}`;

/** Whether a right on a relation `c` in schema `s` is one that its holder `g` must not have; `poolRight` is what the group of a pool may. */
const isForeignRight = (poolRight: string) => `case
    when a.grantee = 0 then true
    when g.kind = 'tenant' then s.user_name is distinct from g.name or a.is_grantable or starts_with(c.relname, 'tenantry_')
      or not case c.relkind when 'S' then a.privilege_type = 'USAGE' else a.privilege_type in ${tableRights} end
    when g.kind = 'pool' then s.user_name is distinct from g.name or a.is_grantable
      or (starts_with(c.relname, 'tenantry_') and not (${isDeletionView} and a.privilege_type = 'INSERT'))
      or c.relispartition or c.relkind not in ('r', 'p', 'v', 'S')
      or not case c.relkind when 'S' then a.privilege_type = 'USAGE' else ${poolRight} end
    when g.kind = 'pool writers' then s.kind <> 'pool' or substr(s.name, 3) <> substr(g.name, 4) or a.is_grantable or c.relispartition
      or starts_with(c.relname, 'tenantry_') or c.relkind not in ('r', 'p', 'v') or a.privilege_type not in ('UPDATE', 'DELETE')
    when g.name = 'app_dedicated' then s.kind <> 'catalog' or c.relname <> 'own_routes' or a.privilege_type <> 'SELECT' or a.is_grantable
    when g.kind = 'group' then s.kind <> 'shared' or a.is_grantable or a.privilege_type not in ('SELECT', 'USAGE')
    when g.kind in ('owner', 'pool owner') then true
    when g.name = 'catalog_reader' then s.kind <> 'catalog' or c.relname <> 'routes' or a.privilege_type <> 'SELECT'
    when g.name = 'site' then s.kind <> 'site'
    when g.name = 'catalog_writer' then s.kind <> 'catalog'
      or c.relname = 'audit' and a.privilege_type in ('UPDATE', 'DELETE', 'TRUNCATE')
    when g.kind = 'platform' then true
    when g.kind = 'static' then s.kind in ('tenant', 'pool', 'catalog')
    else s.kind in ('tenant', 'pool', 'catalog')
  end`;

const relationKind = `case c.relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'materialized view'
    when 'f' then 'foreign table' else case when c.relispartition then 'partition' else 'table' end end`;

/** What is asked of tables, views, sequences and their columns. */
const onRelations: readonly AuditCheck[] = [
  {
    code: 'TABLE_OWNER',
    sql: `select s.name as subject, format('%s %I.%I', ${relationKind}, s.name, c.relname) as object,
        format('it belongs to %I, not to %I', o.name, s.owner_name) as what,
        jsonb_build_array(format('alter %s %I.%I owner to %I', case c.relkind when 'S' then 'sequence' when 'v' then 'view'
          when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end, s.name, c.relname, s.owner_name)) as commands,
        ${repairedBy('o.kind')} as repaired_by, o.kind in ${ownedKinds} as is_automatic
      from pg_class c join schema s on s.oid = c.relnamespace join role o on o.oid = c.relowner
      where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and o.name <> s.owner_name
        and not exists (select from pg_depend d where d.classid = cast('pg_class' as regclass) and d.objid = c.oid and d.deptype = 'e')`,
  },
  {
    code: 'TABLE_GRANT',
    sql: `select case when g.kind in ('tenant', 'pool') then g.name else s.name end as subject,
        format('%s %I.%I', ${relationKind}, s.name, c.relname) as object,
        format('%s has %s', coalesce(g.name, 'PUBLIC'), string_agg(a.privilege_type, ', ' order by a.privilege_type)) as what,
        jsonb_build_array(format('revoke %s on %s %I.%I from %s', string_agg(a.privilege_type, ', ' order by a.privilege_type),
          case c.relkind when 'S' then 'sequence' else 'table' end, s.name, c.relname, coalesce(quote_ident(g.name), 'public')))
          -- What was revoked from the group took its rights on columns along.
          || case when g.kind = 'pool' and s.user_name = g.name then jsonb_build_array(${sealPool}) else '[]' end as commands,
        ${repairedBy('o.kind')} as repaired_by, o.kind in ${ownedKinds} as is_automatic
      from pg_class c join schema s on s.oid = c.relnamespace join role o on o.oid = c.relowner, aclexplode(c.relacl) a
        left join role g on g.oid = a.grantee
      where a.grantee <> c.relowner and ${isForeignRight("a.privilege_type in ('SELECT', 'INSERT')")}
      group by s.name, s.kind, s.owner_name, s.user_name, c.relname, c.relkind, c.relispartition, g.name, g.kind, o.kind`,
  },
  {
    code: 'COLUMN_GRANT',
    sql: `select case when g.kind in ('tenant', 'pool') then g.name else s.name end as subject,
        format('column %I.%I.%I', s.name, c.relname, t.attname) as object,
        format('%s has %s', coalesce(g.name, 'PUBLIC'), a.privilege_type) as what,
        jsonb_build_array(format('revoke %s (%I) on table %I.%I from %s', a.privilege_type, t.attname, s.name, c.relname,
          coalesce(quote_ident(g.name), 'public'))) as commands,
        ${repairedBy('o.kind')} as repaired_by, o.kind in ${ownedKinds} as is_automatic
      from pg_attribute t join pg_class c on c.oid = t.attrelid join schema s on s.oid = c.relnamespace
        join role o on o.oid = c.relowner, aclexplode(t.attacl) a left join role g on g.oid = a.grantee
      where t.attacl is not null and a.grantee <> c.relowner
        and ${isForeignRight("a.privilege_type = 'UPDATE' and t.attname <> 'tenant'")}`,
  },
];

/** Everything about one database's schemas, tables and columns. */
export const schemaChecks: readonly AuditCheck[] = [...onSchemas, ...onRelations];
