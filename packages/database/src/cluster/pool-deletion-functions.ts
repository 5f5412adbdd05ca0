import { deletionNames } from './sql-patterns.ts';

/** SQL: the tables of the pool `p_schema` that are no partitions and have a column tenant, with their owner. */
const pooledTables = `select c.oid, c.relname, n.oid as schema_oid, n.nspowner from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = p_schema and c.relkind in ('r', 'p') and not c.relispartition
        and c.relname not in ('tenantry_ledger', 'tenantry_members')
        and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant' and not a.attisdropped)`;

/**
 * How the tenants of a pool delete rows without the right to. PostgreSQL lets whoever has UPDATE or DELETE on a whole table lock it, for
 * all tenants that share it, so they have UPDATE by columns only, and a row is deleted by setting its `tenantry_deleted`. At the end of
 * that statement a trigger, with the tenant's own rights, inserts into a view of which all that can be done is this; the view's rule
 * deletes the marked rows. PostgreSQL asks the rule's owner for the right and the policies of the table for `current_user`, which is
 * still the tenant. No row is marked any more when the statement has ended. All is named after the table's oid, which outlives renaming.
 */
export const poolDeletionFunctions: readonly string[] = [
  // The role whose members may change and delete in whole tables of a pool, as nobody does outside of the platform's own transactions;
  // null for the reference, in which no tenant is.
  `create or replace function tenantry.find_pool_writers(p_schema text) returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $body$
  begin
    return (select rolname from pg_roles where p_schema like 'p\\_%' and rolname = 'pd_' || substr(p_schema, 3));
  end $body$`,

  // What lets each table of a pool delete marked rows, and whether it is as it must be. A deletion takes the marked rows of all tables
  // that refer to the table along, in one statement, as DELETE does for those that one query deletes from.
  `create or replace function tenantry.list_pool_deletions(p_schema text)
  returns table (relation oid, body text, has_column boolean, has_index boolean, has_view boolean, has_function boolean,
    has_trigger boolean)
  language plpgsql stable set search_path = pg_catalog, pg_temp as $body$
  begin
    return query
    with recursive stored as materialized (
      select t.*, format('%I.tenantry_delete_%s', p_schema, t.oid) as view_name from (${pooledTables}) t
    ), referring (root, oid) as (
      select s.oid, s.oid from stored s
      union
      select r.root, k.conrelid from referring r join pg_constraint k on k.confrelid = r.oid and k.contype = 'f'
    ), bodies as (
      select r.root, format('begin%s insert into %s default values; return null; end',
        ' with ' || string_agg(format('d%s as (insert into %s default values)', s.oid, s.view_name), ', ' order by s.oid)
          filter (where s.oid <> r.root), max(s.view_name) filter (where s.oid = r.root)) as text
      from referring r join stored s on s.oid = r.oid group by r.root
    )
    select s.oid, b.text,
      exists (select from pg_attribute a where a.attrelid = s.oid and a.attname = 'tenantry_deleted' and not a.attisdropped
        and a.atttypid = cast('bool' as regtype) and not a.attnotnull and not a.atthasdef),
      exists (select from pg_index i join pg_class x on x.oid = i.indexrelid
        where i.indrelid = s.oid and x.relname = 'tenantry_deleted_' || s.oid and i.indisvalid
          and pg_get_expr(i.indpred, i.indrelid) = 'tenantry_deleted'),
      exists (select from pg_class v where v.relnamespace = s.schema_oid and v.relname = 'tenantry_delete_' || s.oid and v.relkind = 'v'
        and v.relowner = s.nspowner and v.reloptions = '{security_invoker=true}'
        and regexp_replace(pg_get_viewdef(v.oid), '\\s+', '', 'g') = 'SELECTtrueASis_marked;'
        and (select string_agg(regexp_replace(pg_get_ruledef(w.oid), '\\s+', ' ', 'g') || cast(w.ev_enabled as text), '') from pg_rewrite w
          where w.ev_class = v.oid and w.rulename <> '_RETURN') = format(
            'CREATE RULE tenantry_delete AS ON INSERT TO %s DO INSTEAD DELETE FROM %s WHERE %I.tenantry_deleted;O', s.view_name,
            cast(s.oid as regclass), s.relname)),
      exists (select from pg_proc f join pg_language l on l.oid = f.prolang
        where f.pronamespace = s.schema_oid and f.proname = 'tenantry_delete_' || s.oid and f.prosrc = b.text and f.proowner = s.nspowner
          and l.lanname = 'plpgsql' and not f.prosecdef and f.proconfig is null),
      exists (select from pg_trigger g where g.tgrelid = s.oid and g.tgname = 'tenantry_delete' and g.tgenabled in ('O', 'A')
        and pg_get_triggerdef(g.oid) = format('CREATE TRIGGER tenantry_delete AFTER UPDATE OF tenantry_deleted ON %s FOR EACH STATEMENT'
          || ' EXECUTE FUNCTION %s()', cast(s.oid as regclass), s.view_name))
    from stored s join bodies b on b.root = s.oid;
  end $body$`,

  // Gives the tables of a pool that are from an earlier installation the column that marks rows to be deleted.
  `create or replace function tenantry.mark_pool(p_schema text) returns boolean
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  declare
    v_owner text = (select pg_get_userbyid(nspowner) from pg_namespace where nspname = p_schema); v_statement text;
  begin
    for v_statement in select format('alter table %s add column tenantry_deleted boolean, alter column tenantry_deleted set statistics 0',
        cast(t.oid as regclass)) from (${pooledTables}) t
      where not exists (select from pg_attribute a where a.attrelid = t.oid and a.attname = 'tenantry_deleted')
    loop
      perform set_config('role', v_owner, true);
      execute v_statement;
      perform set_config('role', 'none', true);
    end loop;
    return true;
  end $body$`,

  // Takes away what would hold up DROP TABLE in a statement; the end of the migration makes it anew for tables that stay.
  `create or replace function tenantry.unseal_pool(p_schema text, p_owner text, p_sql text) returns boolean
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  declare
    v_relation oid;
  begin
    if p_sql !~* '\\mdrop\\s+table\\M' then return false; end if;
    for v_relation in select t.oid from (${pooledTables}) t where strpos(p_sql, t.relname) > 0
    loop
      perform set_config('role', p_owner, true);
      execute format('drop view if exists %I.tenantry_delete_%s', p_schema, v_relation);
      perform set_config('role', 'none', true);
    end loop;
    return true;
  end $body$`,

  // Makes what list_pool_deletions says to be missing or otherwise, drops what is left of tables that are gone, and leaves the group of
  // the pool UPDATE by columns where it has rights at all.
  `create or replace function tenantry.seal_pool(p_schema text, p_owner text, p_group text) returns boolean
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  declare
    v_table record; v_name text; v_statement text; v_kept text[];
  begin
    perform tenantry.mark_pool(p_schema);
    v_kept = array(select 'tenantry_delete_' || t.oid from (${pooledTables}) t);
    for v_statement in
      select format('drop view %s cascade', cast(c.oid as regclass)) from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = p_schema and c.relkind = 'v' and c.relname ~ ${deletionNames}
        and c.relname <> all (v_kept)
      union all
      select format('drop function %s cascade', cast(f.oid as regprocedure)) from pg_proc f join pg_namespace n on n.oid = f.pronamespace
      where n.nspname = p_schema and f.proname ~ ${deletionNames}
        and f.proname <> all (v_kept)
    loop
      perform set_config('role', p_owner, true);
      execute v_statement;
      perform set_config('role', 'none', true);
    end loop;
    for v_table in select * from tenantry.list_pool_deletions(p_schema) d
      where not (d.has_column and d.has_index and d.has_view and d.has_function and d.has_trigger)
    loop
      v_name = format('%I.tenantry_delete_%s', p_schema, v_table.relation);
      perform set_config('role', p_owner, true);
      if not v_table.has_column then
        execute format('alter table %s alter column tenantry_deleted drop default, alter column tenantry_deleted drop not null',
          cast(v_table.relation as regclass));
      end if;
      if not v_table.has_index then
        execute format('drop index if exists %I.tenantry_deleted_%s', p_schema, v_table.relation);
        execute format('create index tenantry_deleted_%s on %s (tenant) where tenantry_deleted', v_table.relation,
          cast(v_table.relation as regclass));
      end if;
      if not v_table.has_view then
        execute format('drop view if exists %s', v_name);
        execute format('create view %s with (security_invoker = true) as select true as is_marked', v_name);
        execute format('create rule tenantry_delete as on insert to %s do instead delete from %s where tenantry_deleted', v_name,
          cast(v_table.relation as regclass));
      end if;
      if not v_table.has_function then
        execute format('drop function if exists %s() cascade', v_name);
        execute format('create function %s() returns trigger language plpgsql as %L', v_name, v_table.body);
      end if;
      if not v_table.has_trigger or not v_table.has_function then
        execute format('create or replace trigger tenantry_delete after update of tenantry_deleted on %s for each statement
          execute function %s()', cast(v_table.relation as regclass), v_name);
        execute format('alter table %s enable trigger tenantry_delete', cast(v_table.relation as regclass));
      end if;
      perform set_config('role', 'none', true);
    end loop;
    return tenantry.limit_pool(p_schema, p_owner, p_group);
  end $body$`,

  // Takes rights on whole tables and views that allow to lock them from the group of a pool, and gives it UPDATE of all columns but
  // tenant where it may read and insert; whole tables are for the pool's writers.
  `create or replace function tenantry.limit_pool(p_schema text, p_owner text, p_group text) returns boolean
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  declare
    v_statement text; v_writers text = tenantry.find_pool_writers(p_schema);
  begin
    perform set_config('role', p_owner, true);
    for v_statement in
      select format('revoke update, delete, truncate, references, trigger on %s from %I', cast(c.oid as regclass), p_group)
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = p_schema and c.relkind in ('r', 'p', 'v') and exists (select from aclexplode(c.relacl) g
        join pg_roles r on r.oid = g.grantee where r.rolname = p_group and g.privilege_type not in ('SELECT', 'INSERT'))
    loop
      execute v_statement;
    end loop;
    for v_statement in
      select format('grant update (%s) on %s to %I', string_agg(quote_ident(a.attname), ', ' order by a.attnum), cast(c.oid as regclass), p_group)
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attname <> 'tenant'
      where n.nspname = p_schema and c.relkind in ('r', 'p', 'v') and not c.relispartition
        and has_table_privilege(p_group, c.oid, 'SELECT') and has_table_privilege(p_group, c.oid, 'INSERT')
        and not has_column_privilege(p_group, c.oid, a.attnum, 'UPDATE')
        and c.relname not in ('tenantry_ledger', 'tenantry_members') and c.relname !~ ${deletionNames}
      group by c.oid
      union all
      select format('grant insert on %s to %I', cast(c.oid as regclass), p_group)
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = p_schema and c.relkind = 'v' and c.relname ~ ${deletionNames}
        and not has_table_privilege(p_group, c.oid, 'INSERT')
      union all
      select format('grant update, delete on %s to %I', cast(c.oid as regclass), v_writers)
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = p_schema and v_writers is not null and c.relkind in ('r', 'p', 'v') and not c.relispartition
        and not (has_table_privilege(v_writers, c.oid, 'UPDATE') and has_table_privilege(v_writers, c.oid, 'DELETE'))
        and c.relname not in ('tenantry_ledger', 'tenantry_members') and c.relname !~ ${deletionNames}
    loop
      execute v_statement;
    end loop;
    perform set_config('role', 'none', true);
    return true;
  end $body$`,
];

/** Signatures of these that the migrator and the provisioner call. */
export const poolDeletionSignatures = [
  'find_pool_writers(text)',
  'list_pool_deletions(text)',
  'mark_pool(text)',
  'unseal_pool(text, text, text)',
  'seal_pool(text, text, text)',
  'limit_pool(text, text, text)',
] as const;
