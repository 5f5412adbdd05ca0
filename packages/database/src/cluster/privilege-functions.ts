/** What reads privileges back: in PostgreSQL, because a session plans these questions once and a creation asks them for every tenant. */
export const privilegeFunctions: readonly string[] = [
  // Every way in which a tenant's roles and schema are not as they must be, as a list of sentences; empty for a tenant within its walls.
  // Volatile, so that it also sees what the calling statement has just made.
  `create or replace function tenantry.find_violations(p_user text, p_owner text) returns jsonb
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  declare
    v_found text[];
  begin
    select array_remove(array[
        case when not exists (select from pg_roles where rolname = p_user) then format('role %s does not exist', p_user) end,
        case when not exists (select from pg_roles where rolname = p_owner) then format('role %s does not exist', p_owner) end,
        case when not exists (select from pg_namespace where nspname = p_user) then format('schema %s does not exist', p_user) end
      ], null) into v_found;
    if v_found <> '{}' then
      return to_jsonb(v_found);
    end if;
    select array_agg(violation) into v_found from (
      with tenant as (
        select u.oid as user_oid, n.oid as schema_oid, n.nspacl, u.*, o.rolcanlogin as owner_can_login, o.oid as owner_oid, n.nspowner
        from pg_roles u, pg_roles o, pg_namespace n
        where u.rolname = p_user and o.rolname = p_owner and n.nspname = p_user
      )
      select check_.violation from tenant, lateral (values
        ('the role cannot log in', not rolcanlogin),
        ('the role has an attribute of power', rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls),
        ('the role has no connection limit', rolconnlimit < 0),
        ('the owner can log in', owner_can_login),
        ('the schema belongs to another role', nspowner <> owner_oid),
        ('the role may not use its schema', not has_schema_privilege(user_oid, schema_oid, 'USAGE')),
        ('the role may create in its schema', has_schema_privilege(user_oid, schema_oid, 'CREATE')),
        ('PUBLIC has a right on the schema', exists (select from aclexplode(nspacl) where grantee = 0)),
        ('the role may use schema public', has_schema_privilege(user_oid, 'public', 'USAGE')),
        ('the role may not connect to the database', not has_database_privilege(user_oid, current_database(), 'CONNECT')),
        ('PUBLIC has a right on the database',
          exists (select from pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba)))
            where d.datname = current_database() and grantee = 0)),
        ('the role may create schemas in the database', has_database_privilege(user_oid, current_database(), 'CREATE')),
        ('the role may create temporary tables', has_database_privilege(user_oid, current_database(), 'TEMP')),
        ('the role is a member of a role other than app_tenants',
          exists (select from pg_auth_members m join pg_roles g on g.oid = m.roleid
            where m.member = user_oid and g.rolname <> 'app_tenants'))
      ) as check_ (violation, is_violated) where check_.is_violated
      union all
      select 'the role may use schema ' || n.nspname from tenant, pg_namespace n
      where n.nspname in ('catalog', 'site', 'tenantry') and has_schema_privilege(user_oid, n.oid, 'USAGE')
    ) found;
    return to_jsonb(coalesce(v_found, '{}'));
  end $body$`,
];
