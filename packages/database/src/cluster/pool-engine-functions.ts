import { poolDeletionSignatures } from './pool-deletion-functions.ts';
import { deletionNames } from './sql-patterns.ts';

/**
 * What the migration engine does in a pool beyond what it does in a schema. Each is called as the migrator itself and becomes the pool's
 * owner on its own. `tenantry_members` lists the tenants that have rows: one is on it from the copy of its first rows until its role is
 * dropped, so that a suspended tenant is migrated too and one that is being made gets nothing twice.
 */
export const poolEngineFunctions: readonly string[] = [
  // The roles of all tenants with rows in a pool, in a fixed order.
  `create or replace function tenantry.list_pool_tenants(p_schema text, p_owner text) returns text[]
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  declare
    v_tenants text[];
  begin
    perform set_config('role', p_owner, true);
    if to_regclass(format('%I.tenantry_members', p_schema)) is not null then
      execute format('select array_agg(cast(m.tenant as text) order by m.tenant) from %I.tenantry_members m
        join pg_roles r on r.rolname = m.tenant', p_schema) into v_tenants;
    end if;
    perform set_config('role', 'none', true);
    return coalesce(v_tenants, '{}');
  end $body$`,

  // Gives the group of a pool the rights that it lacks on what migrations have made. Numbers of identity columns need none.
  `create or replace function tenantry.grant_pool(p_schema text, p_owner text, p_group text) returns boolean
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  declare
    v_grant text;
  begin
    perform set_config('role', p_owner, true);
    for v_grant in
      select case when c.relkind = 'S' then format('usage on sequence %I.%I', p_schema, c.relname)
        else format('select, insert on %I.%I', p_schema, c.relname) end
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = p_schema and not c.relispartition and c.relname not in ('tenantry_ledger', 'tenantry_members')
        and c.relname !~ ${deletionNames}
        and case when c.relkind in ('r', 'p', 'v') then not (has_table_privilege(p_group, c.oid, 'SELECT')
            and has_table_privilege(p_group, c.oid, 'INSERT'))
          when c.relkind = 'S' then not has_sequence_privilege(p_group, c.oid, 'USAGE') and not exists (select from pg_depend d
            where d.classid = cast('pg_class' as regclass) and d.objid = c.oid and d.deptype = 'i')
          else false end
      union all
      select format('execute on routine %s', cast(f.oid as regprocedure))
      from pg_proc f join pg_namespace n on n.oid = f.pronamespace
      where n.nspname = p_schema and not has_function_privilege(p_group, f.oid, 'EXECUTE') and f.proname !~ ${deletionNames}
    loop
      execute format('grant %s to %I', v_grant, p_group);
    end loop;
    perform set_config('role', 'none', true);
    return tenantry.limit_pool(p_schema, p_owner, p_group);
  end $body$`,

  // Lets the tenants of a pool change their rows inside of this transaction, on what it has made so far, and answers their roles after the
  // owner, whose rows are those that new tenants begin with. Suspended ones are lent the membership.
  `create or replace function tenantry.admit_tenants(p_schema text, p_owner text, p_group text) returns text[]
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  declare
    v_tenants text[] = tenantry.list_pool_tenants(p_schema, p_owner);
  begin
    perform tenantry.seal_pool(p_schema, p_owner, p_group);
    perform tenantry.grant_pool(p_schema, p_owner, p_group);
    perform tenantry.lend_pool(p_owner, p_group, v_tenants);
    return p_owner || v_tenants;
  end $body$`,

  // Makes members of a pool of those of its tenants that are none, and lets all members change and delete in whole tables, so that the
  // statements of migrations mean what they say.
  `create or replace function tenantry.lend_pool(p_owner text, p_group text, p_tenants text[]) returns boolean
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  declare
    v_tenant text; v_writers text = tenantry.find_pool_writers(p_group);
  begin
    perform set_config('role', p_owner, true);
    if v_writers is not null and not pg_has_role(p_group, v_writers, 'MEMBER') then
      execute format('grant %I to %I', v_writers, p_group);
    end if;
    for v_tenant in select name from unnest(p_tenants) tenants (name) where not pg_has_role(name, p_group, 'MEMBER') loop
      execute format('grant %I to %I', p_group, v_tenant);
    end loop;
    perform set_config('role', 'none', true);
    return true;
  end $body$`,

  // Takes back what lend_pool has lent.
  `create or replace function tenantry.dismiss_tenants(p_owner text, p_group text) returns boolean
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  declare
    v_role name; v_member name; v_writers text = tenantry.find_pool_writers(p_group);
  begin
    perform set_config('role', p_owner, true);
    for v_role, v_member in select g.rolname, u.rolname from pg_auth_members m join pg_roles g on g.oid = m.roleid
      join pg_roles o on o.oid = m.grantor join pg_roles u on u.oid = m.member
      where g.rolname in (p_group, v_writers) and o.rolname = p_owner
    loop
      execute format('revoke %I from %I', v_role, v_member);
    end loop;
    perform set_config('role', 'none', true);
    return true;
  end $body$`,

  // The triggers of a schema that wait for the end of the transaction, as SET CONSTRAINTS takes them; null for none. What keys put off
  // until then is checked as the owner, whoever is at work.
  `create or replace function tenantry.list_deferred_triggers(p_schema text) returns text
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  begin
    return (select string_agg(distinct format('%I.%I', p_schema, k.conname), ', ')
      from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = p_schema and k.contype = 't' and k.condeferred);
  end $body$`,

  // Makes a pool ready for a migration, and answers what it is like before it, as far as close_pool must tell what is new - foreign keys that PostgreSQL calls valid, and
  // columns that have planner statistics.
  `create or replace function tenantry.remember_pool(p_schema text) returns jsonb
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  begin
    perform tenantry.mark_pool(p_schema);
    return jsonb_build_object('keys', array(
        select k.oid from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = p_schema and k.contype = 'f' and k.convalidated and k.conparentid = 0),
      'columns', array(select l.place from tenantry.list_pool_statistics(p_schema) l));
  end $body$`,

  // The columns of a pool's tables and indexes of which the planner keeps values, each with the statement that ends it.
  `create or replace function tenantry.list_pool_statistics(p_schema text) returns table (place text, statement text)
  language plpgsql stable set search_path = pg_catalog, pg_temp as $body$
  begin
    return query
      select c.oid || ' ' || a.attnum, format('alter table %s alter column %I set statistics 0', cast(c.oid as regclass), a.attname)
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
      where n.nspname = p_schema and c.relkind in ('r', 'p') and c.relname not in ('tenantry_ledger', 'tenantry_members')
        and a.attnum > 0 and not a.attisdropped and coalesce(a.attstattarget, -1) <> 0
      union all
      select i.indexrelid || ' ' || a.attnum,
        format('alter index %s alter column %s set statistics 0', cast(i.indexrelid as regclass), a.attnum)
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_index i on i.indrelid = c.oid
      join pg_attribute a on a.attrelid = i.indexrelid
      where n.nspname = p_schema and i.indexprs is not null and i.indkey[a.attnum - 1] = 0 and coalesce(a.attstattarget, -1) <> 0;
  end $body$`,

  // Looks for rows without what a new foreign key refers to, as each tenant. PostgreSQL reads existing rows as the table's owner, who
  // sees no tenant's under forced row-level security, and would call the key valid.
  `create or replace function tenantry.check_new_keys(p_schema text, p_owner text, p_group text, p_before jsonb) returns boolean
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  declare
    v_tenants text[] = null; v_tenant text; v_key record; v_is_broken boolean;
  begin
    for v_key in
      select k.conname, c.relname, format('select exists (select from %s a where %s and not exists (select from %s b where %s))',
          cast(k.conrelid as regclass), string_agg(format('a.%I is not null', m.attname), ' and '), cast(k.confrelid as regclass),
          string_agg(format('a.%I = b.%I', m.attname, f.attname), ' and ')) as question
      from pg_constraint k
      join pg_class c on c.oid = k.conrelid
      join pg_namespace n on n.oid = c.relnamespace
      cross join unnest(k.conkey, k.confkey) as pair (own, other)
      join pg_attribute m on m.attrelid = k.conrelid and m.attnum = pair.own
      join pg_attribute f on f.attrelid = k.confrelid and f.attnum = pair.other
      where n.nspname = p_schema and k.contype = 'f' and k.convalidated and k.conparentid = 0 and not p_before -> 'keys' @> to_jsonb(k.oid)
        and (c.relkind = 'p' or pg_relation_size(c.oid) > 0)
      group by k.oid, k.conname, c.relname, k.conrelid, k.confrelid
      order by c.relname, k.conname
    loop
      v_tenants = coalesce(v_tenants, tenantry.admit_tenants(p_schema, p_owner, p_group));
      foreach v_tenant in array v_tenants loop
        perform set_config('role', v_tenant, true);
        execute v_key.question into v_is_broken;
        if v_is_broken then
          raise exception 'table "%" violates foreign key constraint "%"', v_key.relname, v_key.conname
            using errcode = '23503', detail = format('Rows of %s refer to nothing.', v_tenant);
        end if;
      end loop;
      perform set_config('role', 'none', true);
    end loop;
    return true;
  end $body$`,

  // The end of each migration in a pool, of which p_before is what remember_pool said - new foreign keys hold for every tenant, the planner
  // keeps no values, rows can be deleted, nothing is open between tenants, and only then the group gets its rights. Raises, with what is open. Statistics
  // that a column had before stay when it gets no new ones, so such a column counts as open.
  `create or replace function tenantry.close_pool(p_schema text, p_owner text, p_group text, p_before jsonb) returns boolean
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  declare
    v_new text[] = array(select l.statement from tenantry.list_pool_statistics(p_schema) l
      where not p_before -> 'columns' @> to_jsonb(l.place));
    v_statement text; v_open text;
  begin
    perform tenantry.check_new_keys(p_schema, p_owner, p_group, p_before);
    perform tenantry.dismiss_tenants(p_owner, p_group);
    perform set_config('role', p_owner, true);
    foreach v_statement in array v_new loop
      execute v_statement;
    end loop;
    perform set_config('role', 'none', true);
    perform tenantry.seal_pool(p_schema, p_owner, p_group);
    select string_agg(object || ' - ' || reason, '; ') into v_open from tenantry.find_open_tables(p_schema);
    if v_open is not null then
      raise exception 'the pool would be open between its tenants' using errcode = '42P17', detail = v_open;
    end if;
    perform tenantry.grant_pool(p_schema, p_owner, p_group);
    return true;
  end $body$`,

  // Copies the rows that new tenants begin with, once, and puts the tenant on the list; answers how many. All in one statement, because
  // foreign keys are checked at its end, and without the triggers, whose work is among the rows already.
  `create or replace function tenantry.copy_template_rows(p_schema text, p_owner text, p_tenant text) returns bigint
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  declare
    v_tables text[]; v_table text; v_filled text[] = '{}';
    v_back text[]; v_statement text; v_is_found boolean; v_count bigint = 0;
  begin
    perform tenantry.lock_pool(p_schema, p_owner);
    if not exists (select from pg_roles where rolname = p_tenant) then
      raise exception 'role "%" does not exist', p_tenant using errcode = '42704';
    end if;
    perform set_config('role', p_owner, true);
    execute format('select exists (select from %I.tenantry_members where tenant = $1)', p_schema)
      into v_is_found using cast(p_tenant as name);
    perform set_config('role', 'none', true);
    if v_is_found then return 0; end if;
    v_tables = tenantry.list_pool_tables(p_schema);
    perform set_config('role', p_owner, true);
    foreach v_table in array v_tables loop
      execute format('select exists (select from %s)', v_table) into v_is_found;
      if v_is_found then v_filled = v_filled || v_table; end if;
    end loop;
    if v_filled <> '{}' then
      perform set_config('role', 'none', true);
      v_back = tenantry.pause_triggers(v_filled, p_owner, 4);
      perform set_config('role', p_owner, true);
      select 'with ' || string_agg(format(
            'c%1$s as (insert into %2$s (%3$stenant) overriding system value select %3$s$1 from %2$s)', place, name, columns_), ', ')
          || ' select ' || string_agg(format('(select count(*) from %s)', name), ' + ')
        into v_statement from unnest(v_filled) with ordinality as tables_ (name, place), lateral (
          select coalesce(string_agg(format('%I, ', a.attname), '' order by a.attnum), '') as columns_ from pg_attribute a
          where a.attrelid = cast(name as regclass) and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
            and a.attname not in ('tenant', 'tenantry_deleted')) columns_of;
      execute v_statement into v_count using cast(p_tenant as name);
      set constraints all immediate;
      foreach v_statement in array v_back loop
        execute v_statement;
      end loop;
    end if;
    execute format('insert into %I.tenantry_members (tenant) values ($1)', p_schema) using cast(p_tenant as name);
    perform set_config('role', 'none', true);
    return v_count;
  end $body$`,
];

/** Signatures of these and of what they call, for the migrator. */
export const poolEngineSignatures = [
  'lock_pool(text, text)',
  'list_pool_tables(text)',
  'pause_triggers(text[], text, integer)',
  'find_open_tables(text)',
  ...poolDeletionSignatures,
  'list_pool_tenants(text, text)',
  'grant_pool(text, text, text)',
  'admit_tenants(text, text, text)',
  'lend_pool(text, text, text[])',
  'dismiss_tenants(text, text)',
  'list_deferred_triggers(text)',
  'remember_pool(text)',
  'list_pool_statistics(text)',
  'check_new_keys(text, text, text, jsonb)',
  'close_pool(text, text, text, jsonb)',
  'copy_template_rows(text, text, text)',
] as const;
