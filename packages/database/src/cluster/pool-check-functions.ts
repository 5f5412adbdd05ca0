/** What finds the doors that are open between the tenants of a pool. They read PostgreSQL's own catalog only. */
export const poolCheckFunctions: readonly string[] = [
  // Every object of a pool's schema by which a tenant could reach, change, count or guess rows of another one, with the reason.
  `create or replace function tenantry.find_open_tables(p_schema text) returns table (object text, reason text)
  language plpgsql stable set search_path = pg_catalog, pg_temp as $body$
  begin
    return query
    with relations as materialized (
      select c.*, n.nspowner, t.attnum as tenant, t.atttypid, t.attnotnull, t.attgenerated, pg_get_expr(d.adbin, d.adrelid) as preset
      from pg_namespace n
      join pg_class c on c.relnamespace = n.oid
      left join pg_attribute t on t.attrelid = c.oid and t.attname = 'tenant' and not t.attisdropped
      left join pg_attrdef d on d.adrelid = t.attrelid and d.adnum = t.attnum
      where n.nspname = p_schema and c.relname not in ('tenantry_ledger', 'tenantry_members')
    ), stored as materialized (
      select * from relations where relkind in ('r', 'p')
    ), deletions as materialized (
      select *, 'tenantry_delete_' || d.relation as view_name from tenantry.list_pool_deletions(p_schema) d
    ), policies as (
      select l.polrelid, string_agg(format('%s %s %s %s %s %s', l.polname, l.polpermissive, l.polcmd,
          case when l.polroles = array[cast(0 as oid)] then 'public' when l.polroles = array[s.nspowner] then 'owner' end,
          coalesce(pg_get_expr(l.polqual, l.polrelid), '-'), coalesce(pg_get_expr(l.polwithcheck, l.polrelid), '-')), ', '
        order by l.polname) as all_
      from stored s join pg_policy l on l.polrelid = s.oid group by l.polrelid
    ), keys as (
      select s.relname, s.tenant, i.*, x.relname as index_name, m.amname, x.relam
      from stored s join pg_index i on i.indrelid = s.oid join pg_class x on x.oid = i.indexrelid join pg_am m on m.oid = x.relam
    ), grants as (
      select r.oid, r.relname, r.relkind, r.relispartition, g.grantee, g.privilege_type, false as is_column
      from relations r, aclexplode(r.relacl) g where g.grantee <> r.relowner
      union all
      select r.oid, r.relname, r.relkind, r.relispartition, g.grantee, g.privilege_type, true
      from relations r join pg_attribute a on a.attrelid = r.oid, aclexplode(a.attacl) g where g.grantee <> r.relowner
    ), open_ (object, reason) as (
      select 'schema ' || p_schema, 'PUBLIC has a right on it'
      from pg_namespace n where n.nspname = p_schema and exists (select from aclexplode(n.nspacl) g where g.grantee = 0)
      union all
      select 'table ' || relname, said.reason from stored left join policies on polrelid = oid, lateral (values
        ('it has no column tenant', tenant is null),
        ('its column tenant is not "name not null default current_user"', tenant is not null and not (
          atttypid = cast('name' as regtype) and attnotnull and attgenerated = '' and coalesce(preset, '') = 'CURRENT_USER')),
        ('row-level security is off', not relrowsecurity and not relispartition),
        ('row-level security does not hold for its owner (FORCE)', not relforcerowsecurity and not relispartition),
        ('it has not exactly the policies tenant_rows and new_tenants', not relispartition and all_ is distinct from
          'new_tenants t a owner - true, tenant_rows t * public (tenant = CURRENT_USER) (tenant = CURRENT_USER)')
      ) said (reason, is_open) where said.is_open
      union all
      select 'table ' || c.relname, 'what deletes its rows that are marked with tenantry_deleted is not as it must be'
      from deletions d join pg_class c on c.oid = d.relation where not (d.has_column and d.has_view and d.has_function and d.has_trigger)
      union all
      select 'relation ' || relname, 'it does not belong to the owner of its schema'
      from relations where relowner <> nspowner and relkind not in ('i', 'I', 't')
      union all
      select 'table ' || relname, case when indisexclusion then 'exclusion constraint ' || index_name || ' compares rows of all tenants'
        when indisunique then 'unique key ' || index_name || ' does not begin with tenant'
        else 'index ' || index_name || ' does not begin with tenant' end
      from keys where indisexclusion or ((indisunique or amname not in ('gin', 'gist')) and (tenant is null or indkey[0] <> tenant or amname <> 'btree'))
      union all
      select 'table ' || s.relname, 'foreign key ' || k.conname || ' does not begin with tenant on both sides'
      from stored s join pg_constraint k on k.conrelid = s.oid and k.contype = 'f'
      left join stored f on f.oid = k.confrelid
      where k.conkey[1] <> coalesce(s.tenant, 0) or k.confkey[1] <> coalesce(f.tenant, 0)
      union all
      select 'table ' || s.relname, 'column ' || a.attname || ' has planner statistics, which tell of values of other tenants'
      from stored s join pg_attribute a on a.attrelid = s.oid and a.attnum > 0 and not a.attisdropped
      where coalesce(a.attstattarget, -1) <> 0
      union all
      select 'table ' || k.relname, 'index ' || k.index_name || ' has planner statistics, which tell of values of other tenants'
      from keys k join pg_attribute a on a.attrelid = k.indexrelid
      where k.indexprs is not null and k.indkey[a.attnum - 1] = 0 and coalesce(a.attstattarget, -1) <> 0
      union all
      select 'statistics ' || e.stxname, 'they tell of values of other tenants'
      from pg_statistic_ext e join pg_namespace n on n.oid = e.stxnamespace where n.nspname = p_schema
      union all
      select 'view ' || relname, 'it reads with the rights of its owner (security_invoker is off)'
      from relations where relkind = 'v' and not exists (select from pg_options_to_table(reloptions) o
        where o.option_name = 'security_invoker' and cast(o.option_value as boolean))
      union all
      select 'relation ' || r.relname, 'rule ' || w.rulename || ' runs with the rights of the owner'
      from relations r join pg_rewrite w on w.ev_class = r.oid and w.rulename <> '_RETURN'
      where not exists (select from deletions d where d.view_name = r.relname and d.has_view)
      union all
      select 'table ' || s.relname, 'foreign key ' || k.conname || ' fires trigger ' || g.tgname || ' as the owner of all rows'
      from stored s join pg_trigger g on g.tgrelid = s.oid and not g.tgisinternal and cast(g.tgtype as int) & 24 <> 0
        and g.tgname <> 'tenantry_delete'
      join pg_constraint k on k.conrelid = s.oid and k.contype = 'f'
        and (k.confdeltype in ('c', 'n', 'd') or k.confupdtype in ('c', 'n', 'd'))
      union all
      select 'foreign table ' || relname, 'row-level security does not reach it' from relations where relkind = 'f'
      union all
      select distinct case g.relkind when 'm' then 'materialized view ' when 'S' then 'sequence ' when 'v' then 'view ' else 'table ' end
          || g.relname,
        case when g.grantee = 0 then 'PUBLIC has a right on it'
          when g.relkind = 'm' then 'it holds rows of all tenants, and somebody may read it'
          when g.relispartition then 'it is a partition, and somebody may reach it past the policies of its table'
          when g.relkind = 'S' and g.privilege_type = 'USAGE' then 'it gives the numbers of an identity column, and somebody may use them up'
          when g.privilege_type in ('UPDATE', 'DELETE') then 'somebody has the right ' || g.privilege_type || ' on all of it and could lock it for all tenants'
          else 'somebody has the right ' || g.privilege_type || ' on it' end
      from grants g
      where g.grantee = 0 or g.relkind = 'm' or g.relispartition
        or (g.relkind <> 'S' and g.privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE'))
        or (g.relkind <> 'S' and not g.is_column and g.privilege_type in ('UPDATE', 'DELETE')
          and pg_get_userbyid(g.grantee) is distinct from tenantry.find_pool_writers(p_schema))
        or (g.privilege_type <> 'INSERT' and exists (select from deletions d where d.view_name = g.relname))
        or (g.relkind = 'S' and (g.privilege_type <> 'USAGE' or exists (select from pg_depend d
          where d.classid = cast('pg_class' as regclass) and d.objid = g.oid and d.deptype = 'i')))
      union all
      select 'sequence ' || r.relname, 'its numbers end before those of a bigint do, and one tenant could use them up for all'
      from relations r join pg_sequence q on q.seqrelid = r.oid
      where (cast(q.seqmax as numeric) - q.seqmin) / abs(q.seqincrement) < 1e15
      union all
      select 'function ' || f.proname, case when f.prosecdef then 'it runs with the rights of its owner (SECURITY DEFINER)'
        else 'PUBLIC may call it' end
      from pg_proc f join pg_namespace n on n.oid = f.pronamespace
      where n.nspname = p_schema and (f.prosecdef
        or exists (select from aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) g where g.grantee = 0))
    )
    select o.object, o.reason from open_ o order by 1, 2;
  end $body$`,

  // Every way in which a tenant's role in a pool is not as it must be, as a list of sentences, like find_violations.
  `create or replace function tenantry.find_pool_violations(p_id text, p_pool text) returns jsonb
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  declare
    v_user text = 't_' || p_id; v_schema text = 'p_' || p_pool; v_owner text = 'po_' || p_pool;
    v_found text[];
  begin
    select array_remove(array[
        case when not exists (select from pg_roles where rolname = v_user) then format('role %s does not exist', v_user) end,
        case when not exists (select from pg_roles where rolname = v_owner) then format('role %s does not exist', v_owner) end,
        case when not exists (select from pg_roles where rolname = v_schema) then format('role %s does not exist', v_schema) end,
        case when not exists (select from pg_namespace where nspname = v_schema) then format('schema %s does not exist', v_schema) end
      ], null) into v_found;
    if v_found <> '{}' then
      return to_jsonb(v_found);
    end if;
    select array_agg(violation) into v_found from (
      with tenant as (
        select u.oid as user_oid, n.oid as schema_oid, n.nspacl, n.nspowner, u.*, o.oid as owner_oid, g.oid as group_oid,
          o.rolcanlogin as owner_can_login, g.rolcanlogin as group_can_login
        from pg_roles u, pg_roles o, pg_roles g, pg_namespace n
        where u.rolname = v_user and o.rolname = v_owner and g.rolname = v_schema and n.nspname = v_schema
      )
      select check_.violation from tenant, lateral (values
        ('the role cannot log in', not rolcanlogin),
        ('the role has an attribute of power', rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls),
        ('the role has no connection limit', rolconnlimit < 0),
        ('the owner of the pool can log in', owner_can_login),
        ('the group of the pool can log in', group_can_login),
        ('the schema belongs to another role', nspowner <> owner_oid),
        ('the role may not use the schema of its pool', not has_schema_privilege(user_oid, schema_oid, 'USAGE')),
        ('the role may create in the schema of its pool', has_schema_privilege(user_oid, schema_oid, 'CREATE')),
        ('PUBLIC has a right on the schema', exists (select from aclexplode(nspacl) where grantee = 0)),
        ('the role may use schema public', has_schema_privilege(user_oid, 'public', 'USAGE')),
        ('the role may not connect to the database', not has_database_privilege(user_oid, current_database(), 'CONNECT')),
        ('PUBLIC has a right on the database',
          exists (select from pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba)))
            where d.datname = current_database() and grantee = 0)),
        ('the role may create schemas in the database', has_database_privilege(user_oid, current_database(), 'CREATE')),
        ('the role may create temporary tables', has_database_privilege(user_oid, current_database(), 'TEMP')),
        ('the role owns an object', exists (select from pg_shdepend
          where refclassid = cast('pg_authid' as regclass) and refobjid = user_oid and deptype = 'o')),
        ('the role has a right that is not its group''s', exists (select from pg_shdepend
          where refclassid = cast('pg_authid' as regclass) and refobjid = user_oid and deptype = 'a'
            and dbid = (select oid from pg_database where datname = current_database())
            -- Anybody may own these and grant rights on them, which opens nothing.
            and classid not in (cast('pg_largeobject' as regclass), cast('pg_default_acl' as regclass)))),
        ('there is a schema of the role''s name', exists (select from pg_namespace where nspname = v_user)),
        ('the role is a member of a role other than app_tenants and that of its pool', exists (select from pg_auth_members m
          join pg_roles g on g.oid = m.roleid where m.member = user_oid and g.oid <> group_oid and g.rolname <> 'app_tenants'))
      ) as check_ (violation, is_violated) where check_.is_violated
      union all
      select 'the role may use schema ' || n.nspname from tenant, pg_namespace n
      where (n.nspname in ('catalog', 'site', 'tenantry') or (n.nspname like 'p\\_%' and n.nspname <> v_schema))
        and has_schema_privilege(user_oid, n.oid, 'USAGE')
    ) found;
    return to_jsonb(coalesce(v_found, '{}'));
  end $body$`,
];
