/** Pools, whose tables several tenants share, and the tenants in them: what the provisioner makes and drops. In the manner of `clusterFunctions`. */
export const poolFunctions: readonly string[] = [
  // A pool's owner, its group, its writers and its schema. The group has the rights, and each of the pool's tenants is a member of it. The
  // writers are members of none outside of a transaction of the platform, the owner lends that, and the membership of the group to a
  // suspended tenant, inside of a migration's. No default privileges, because a table gets no grant
  // before it was seen to be closed.
  `create or replace function tenantry.provision_pool(p_pool text) returns boolean
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  declare
    v_schema text = 'p_' || p_pool;
    v_owner text = 'po_' || p_pool;
    v_writers text = 'pd_' || p_pool;
  begin
    if p_pool !~ '^[a-z][a-z0-9]{0,19}$' then
      raise exception 'not the name of a pool: %', p_pool using errcode = '22023';
    end if;
    -- So that fifty tenants made at once do not write the same rows.
    if exists (select from pg_namespace n join pg_roles o on o.oid = n.nspowner join pg_roles g on g.rolname = n.nspname
      join pg_roles w on w.rolname = v_writers
      where n.nspname = v_schema and o.rolname = v_owner and has_schema_privilege(g.oid, n.oid, 'USAGE')
        and pg_has_role('platform_migrator', o.oid, 'MEMBER') and pg_has_role('platform_indexer', o.oid, 'MEMBER')
        and pg_has_role(o.oid, g.oid, 'MEMBER') and pg_has_role(o.oid, w.oid, 'MEMBER'))
    then
      return true;
    end if;
    perform tenantry.ensure_role(v_owner, 'nologin', null);
    perform tenantry.ensure_role(v_schema, 'nologin', null);
    perform tenantry.ensure_role(v_writers, 'nologin', null);
    execute format('grant %I, %I to %I with admin option', v_schema, v_writers, v_owner);
    perform tenantry.allow_set_role(v_owner, 'platform_migrator');
    perform tenantry.allow_inherit(v_owner, 'platform_indexer');
    perform tenantry.ensure_owned_schema(v_schema, v_owner, v_schema);
    return true;
  end $body$`,

  // A tenant's one role in a pool. The migrator may become it, to change the tenant's rows and no others.
  `create or replace function tenantry.provision_pool_tenant(p_id text, p_pool text, p_verifier text, p_connections int)
  returns boolean language plpgsql set search_path = pg_catalog, pg_temp as $body$
  declare
    v_user text = 't_' || p_id;
    v_schema text = 'p_' || p_pool;
  begin
    perform tenantry.ensure_login(p_id, p_verifier, p_connections, array[v_schema, 'shared']);
    perform tenantry.allow_inherit(v_schema, v_user);
    perform tenantry.allow_set_role(v_user, 'platform_migrator');
    return true;
  end $body$`,

  // Takes a tenant's rights in its pool away; end_sessions comes after it has committed.
  `create or replace function tenantry.suspend_pool_tenant(p_id text, p_pool text) returns boolean
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  declare
    v_user text = 't_' || p_id;
    v_group text;
  begin
    if exists (select from pg_roles where rolname = v_user) then
      for v_group in select rolname from pg_roles where rolname in ('app_tenants', 'p_' || p_pool) loop
        execute format('revoke %I from %I', v_group, v_user);
      end loop;
      execute format('alter role %I nologin', v_user);
    end if;
    return true;
  end $body$`,

  // Waits until nobody migrates a pool, admits a tenant to it or drops one, and holds all of them off until the end of the transaction.
  `create or replace function tenantry.lock_pool(p_schema text, p_owner text) returns boolean
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  begin
    perform set_config('role', p_owner, true);
    if to_regclass(format('%I.tenantry_ledger', p_schema)) is not null then
      execute format('lock table %I.tenantry_ledger in share update exclusive mode', p_schema);
    end if;
    perform set_config('role', 'none', true);
    return true;
  end $body$`,

  // The tables of a pool, those first that no other one refers to; of a circle any one is first.
  `create or replace function tenantry.list_pool_tables(p_schema text) returns text[]
  language plpgsql stable set search_path = pg_catalog, pg_temp as $body$
  declare
    v_left oid[]; v_next oid[]; v_ordered text[] = '{}';
  begin
    select coalesce(array_agg(c.oid order by c.relname), '{}') into v_left
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = p_schema and c.relkind in ('r', 'p') and not c.relispartition
        and c.relname not in ('tenantry_ledger', 'tenantry_members');
    while v_left <> '{}' loop
      select array_agg(going.oid) into v_next from unnest(v_left) going (oid)
        where not exists (select from pg_constraint k where k.contype = 'f' and k.confrelid = going.oid
          and k.conrelid = any (v_left) and k.conrelid <> going.oid);
      v_next = coalesce(v_next, array[v_left[1]]);
      v_ordered = v_ordered || array(select cast(cast(going.oid as regclass) as text) from unnest(v_next) going (oid));
      select coalesce(array_agg(rest.oid), '{}') into v_left from unnest(v_left) rest (oid) where rest.oid <> all (v_next);
    end loop;
    return v_ordered;
  end $body$`,

  // Switches off the triggers that migrations have made on these tables for an event (4 for INSERT, 8 for DELETE); answers the statements
  // that bring them back. Gives up soon, because whoever wants to write waits behind it.
  `create or replace function tenantry.pause_triggers(p_tables text[], p_owner text, p_event int) returns text[]
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  declare
    v_table text; v_trigger name; v_enabled text; v_back text[] = '{}';
  begin
    perform set_config('role', p_owner, true);
    perform set_config('lock_timeout', '500ms', true);
    for v_table, v_trigger, v_enabled in
      select cast(cast(c.oid as regclass) as text), g.tgname, case g.tgenabled when 'A' then 'enable always' else 'enable' end
      from pg_trigger g join pg_class c on c.oid = g.tgrelid
      where c.oid in (select cast(name as regclass) from unnest(p_tables) tables_ (name))
        and not g.tgisinternal and g.tgenabled in ('O', 'A') and cast(g.tgtype as int) & p_event <> 0
      order by 1, 2
    loop
      execute format('alter table %s disable trigger %I', v_table, v_trigger);
      v_back = v_back || format('alter table %s %s trigger %I', v_table, v_enabled, v_trigger);
    end loop;
    perform set_config('role', 'none', true);
    return v_back;
  end $body$`,

  // Deletes up to p_limit rows of a tenant in its pool, as that tenant, and answers how many it deleted; 0 when none is left. Rows that
  // refer to each other in a circle go all at once.
  `create or replace function tenantry.delete_pool_rows(p_id text, p_pool text, p_limit int) returns bigint
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  declare
    v_user text = 't_' || p_id; v_schema text = 'p_' || p_pool; v_owner text = 'po_' || p_pool; v_writers text = 'pd_' || p_pool;
    v_tables text[]; v_table text; v_statement text; v_back text[];
    v_count bigint; v_deleted bigint = 0; v_is_member boolean; v_is_blocked boolean = false;
    v_filled text[] = '{}'; v_is_filled boolean;
  begin
    if not exists (select from pg_roles u, pg_namespace n where u.rolname = v_user and n.nspname = v_schema) then
      return 0;
    end if;
    perform tenantry.provision_pool(p_pool);
    v_tables = tenantry.list_pool_tables(v_schema);
    v_is_member = pg_has_role(v_user, v_schema, 'MEMBER');
    if not v_is_member then perform tenantry.allow_inherit(v_schema, v_user); end if;
    perform tenantry.allow_inherit(v_writers, v_user);
    set constraints all immediate;
    perform set_config('role', v_user, true);
    foreach v_table in array v_tables loop
      execute format('select exists (select from %s)', v_table) into v_is_filled;
      if v_is_filled then v_filled = v_filled || v_table; end if;
    end loop;
    perform set_config('role', 'none', true);
    v_back = tenantry.pause_triggers(v_filled, v_owner, 8);
    perform set_config('role', v_user, true);
    foreach v_table in array v_filled loop
      exit when v_deleted >= p_limit;
      begin
        -- By ctid a batch costs what it deletes; it means one row only in a table without partitions.
        execute format(case when (select relkind from pg_class where oid = cast(v_table as regclass)) = 'r'
          then 'delete from %1$s where ctid = any (array(select ctid from %1$s limit %2$s))'
          else 'delete from %1$s where (tableoid, ctid) in (select tableoid, ctid from %1$s limit %2$s)' end,
          v_table, p_limit - v_deleted);
        get diagnostics v_count = row_count;
        v_deleted = v_deleted + v_count;
      exception when foreign_key_violation then
        v_is_blocked = true;
      end;
    end loop;
    if v_deleted = 0 and v_is_blocked then
      select 'with ' || string_agg(format('d%s as (delete from %s returning 1)', place, name), ', ')
          || ' select ' || string_agg(format('(select count(*) from d%s)', place), ' + ')
        into v_statement from unnest(v_filled) with ordinality as tables_ (name, place);
      execute v_statement into v_deleted;
    end if;
    perform set_config('role', v_owner, true);
    foreach v_statement in array v_back loop
      execute v_statement;
    end loop;
    perform set_config('role', 'none', true);
    execute format('revoke %I from %I', v_writers, v_user);
    if not v_is_member then execute format('revoke %I from %I', v_schema, v_user); end if;
    return v_deleted;
  end $body$`,

  // Drops a tenant's role in a pool when the tenant itself finds no row of its own in any table. Dropping what is not there is no error.
  `create or replace function tenantry.drop_pool_tenant(p_id text, p_pool text) returns boolean
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  declare
    v_user text = 't_' || p_id; v_schema text = 'p_' || p_pool; v_owner text = 'po_' || p_pool;
    v_tables text[]; v_table text; v_is_left boolean;
  begin
    if p_id !~ '^[a-z0-9]{16,32}$' then
      raise exception 'not a tenant id: %', p_id using errcode = '22023';
    elsif not exists (select from pg_roles where rolname = v_user) then
      return true;
    end if;
    if exists (select from pg_namespace where nspname = v_schema) then
      -- A migration under way may be giving the tenant rows in a table that nobody else sees yet.
      perform tenantry.lock_pool(v_schema, v_owner);
      v_tables = tenantry.list_pool_tables(v_schema);
      perform tenantry.allow_inherit(v_schema, v_user);
      perform set_config('role', v_user, true);
      foreach v_table in array v_tables loop
        execute format('select exists (select from %s)', v_table) into v_is_left;
        if v_is_left then
          raise exception 'table % still has rows of tenant %', v_table, p_id using errcode = '55006';
        end if;
      end loop;
      perform set_config('role', v_owner, true);
      if to_regclass(format('%I.tenantry_members', v_schema)) is not null then
        execute format('delete from %I.tenantry_members where tenant = $1', v_schema) using cast(v_user as name);
      end if;
      perform set_config('role', 'none', true);
    end if;
    execute format('drop owned by %I cascade', v_user);
    execute format('drop role %I', v_user);
    return true;
  end $body$`,
];
