import { failureVariables, noteFailure } from './note-failure.ts';

/** The engine's functions that take back and repair, in the manner of `engineFunctions`. */
export const revertFunctions: readonly string[] = [
  // Takes migrations back, in the order given, and their rows out of the ledger, in one transaction. p_reverts: [{id, statements}]; one
  // that is not in the ledger is passed over. p_options: lockTimeout, and isMark where later migrations do not matter. In a pool p_options
  // has its group (tenants), and a revert the numbers of the statements that run for each tenant (perTenant).
  `create or replace function tenantry.revert(p_schema text, p_owner text, p_reverts jsonb, p_options jsonb) returns jsonb
  language plpgsql as $body$
  declare
    v_ledger pg_catalog.text = pg_catalog.format('%I.tenantry_ledger', p_schema);
    v_there pg_catalog.text[]; v_done pg_catalog.text[] = '{}'; v_later pg_catalog.text; v_version pg_catalog.text;
    v_id pg_catalog.text = null; v_revert pg_catalog.jsonb; v_sql pg_catalog.text; v_number pg_catalog.int4 = 0;
    v_group pg_catalog.text = p_options ->> 'tenants'; v_before pg_catalog.jsonb;
    v_role pg_catalog.text; v_as pg_catalog.text[] = array[p_owner]; v_triggers pg_catalog.text;
${failureVariables}
  begin
    perform pg_catalog.set_config('role', p_owner, true);
    if pg_catalog.to_regclass(v_ledger) is null then
      return pg_catalog.jsonb_build_object('status', 'reverted', 'reverted', v_done, 'version', null);
    end if;
    perform pg_catalog.set_config('lock_timeout', '0', true);
    -- Another worker that takes the same back, or still applies it, is waited for.
    execute 'lock table ' || v_ledger || ' in share update exclusive mode';
    execute 'select pg_catalog.array_agg(l.id) from ' || v_ledger || ' l, pg_catalog.jsonb_array_elements($1) r where l.id = r ->> ''id'''
      into v_there using p_reverts;
    if p_options -> 'isMark' is null then
      execute 'select pg_catalog.min(l.id) from ' || v_ledger || ' l, unnest($1) going (id) where l.id <> all ($1)
        and pg_catalog.split_part(l.id, ''/'', 1) = pg_catalog.split_part(going.id, ''/'', 1) and l.id > going.id'
        into v_later using v_there;
      if v_later is not null then
        return pg_catalog.jsonb_build_object('status', 'conflict', 'migration', v_later);
      end if;
    end if;
    perform pg_catalog.set_config('lock_timeout', p_options ->> 'lockTimeout', true);
    perform pg_catalog.set_config('search_path', pg_catalog.format('%I, pg_temp', p_schema), true);
    for v_revert in select * from pg_catalog.jsonb_array_elements(p_reverts) loop
      v_id = v_revert ->> 'id';
      v_number = 0;
      continue when v_there is null or v_id <> all (v_there);
      if v_group is not null then
        perform pg_catalog.set_config('role', 'none', true);
        v_before = tenantry.remember_pool(p_schema);
      end if;
      for v_sql in select * from pg_catalog.jsonb_array_elements_text(v_revert -> 'statements') loop
        v_number = v_number + 1;
        if v_group is not null then
          v_as = array[p_owner];
          v_triggers = null;
          if v_revert -> 'perTenant' @> pg_catalog.to_jsonb(v_number) then
            perform pg_catalog.set_config('role', 'none', true);
            v_as = tenantry.admit_tenants(p_schema, p_owner, v_group);
            v_triggers = tenantry.list_deferred_triggers(p_schema);
          end if;
        end if;
        foreach v_role in array v_as loop
          if v_group is not null then
            if v_role = p_owner then
              perform pg_catalog.set_config('role', 'none', true);
              perform tenantry.unseal_pool(p_schema, p_owner, v_sql);
            end if;
            perform pg_catalog.set_config('role', v_role, true);
          end if;
          execute v_sql;
          if v_triggers is not null then
            execute 'set constraints ' || v_triggers || ' immediate';
            execute 'set constraints ' || v_triggers || ' deferred';
          end if;
        end loop;
      end loop;
      if v_group is not null then
        v_role = p_owner;
        perform pg_catalog.set_config('role', 'none', true);
        perform tenantry.close_pool(p_schema, p_owner, v_group, v_before);
        perform pg_catalog.set_config('role', p_owner, true);
      end if;
      v_done = v_done || v_id;
    end loop;
    execute 'delete from ' || v_ledger || ' where id = any ($1)' using v_done;
    execute 'select id from ' || v_ledger || ' order by position desc limit 1' into v_version;
    return pg_catalog.jsonb_build_object('status', 'reverted', 'reverted', v_done, 'version', v_version);
  exception when others then
${noteFailure}
    return pg_catalog.jsonb_build_object('status', 'failed', 'migration', v_id, 'statement', v_number,
      'tenant', case when v_group is not null then nullif(v_role, p_owner) end, 'sqlstate', v_state, 'message', v_message, 'detail', v_detail, 'hint', v_hint);
  end $body$`,

  // Drops what a cut CREATE INDEX CONCURRENTLY left behind. The lock makes sure that nobody is still building it.
  `create or replace function tenantry.drop_invalid_index(p_schema text, p_owner text, p_table text, p_index text,
    p_options jsonb) returns jsonb language plpgsql as $body$
  declare
    v_is_invalid pg_catalog.bool;
${failureVariables}
  begin
    perform pg_catalog.set_config('role', p_owner, true);
    perform pg_catalog.set_config('lock_timeout', p_options ->> 'lockTimeout', true);
    execute pg_catalog.format('lock table %I.%I in access exclusive mode', p_schema, p_table);
    select not i.indisvalid into v_is_invalid
      from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = p_schema and c.relname = p_index;
    if v_is_invalid then
      execute pg_catalog.format('drop index %I.%I', p_schema, p_index);
    end if;
    return pg_catalog.jsonb_build_object('status', 'dropped');
  exception when others then
    get stacked diagnostics v_state = returned_sqlstate, v_message = message_text,
      v_detail = pg_exception_detail, v_hint = pg_exception_hint;
    return pg_catalog.jsonb_build_object('status', 'failed', 'sqlstate', v_state, 'message', v_message,
      'detail', v_detail, 'hint', v_hint);
  end $body$`,

  // Gives the indexer its grant, pools their writers, and ledgers their newest columns, where they come from an earlier installation; so
  // many at once. Answers how many it changed.
  `create or replace function tenantry.upgrade_tenants(p_limit int) returns integer
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  declare
    v_owner text; v_schema text; v_count integer = 0;
  begin
    for v_schema in select n.nspname from pg_namespace n
      where n.nspname ~ '^p_[a-z][a-z0-9]{0,19}$' and pg_get_userbyid(n.nspowner) = 'po_' || substr(n.nspname, 3)
        and tenantry.find_pool_writers(n.nspname) is null
    loop
      perform set_config('role', 'platform_provisioner', true);
      perform tenantry.provision_pool(substr(v_schema, 3));
      perform set_config('role', 'none', true);
      v_count = v_count + 1;
    end loop;
    for v_owner in select o.rolname from pg_roles o, pg_roles i
      where o.rolname ~ '^o_[a-z0-9]{16,32}$' and i.rolname = 'platform_indexer'
        and not exists (select from pg_auth_members m where m.roleid = o.oid and m.member = i.oid)
      limit p_limit
    loop
      perform tenantry.allow_inherit(v_owner, 'platform_indexer');
      v_count = v_count + 1;
    end loop;
    for v_schema, v_owner in select n.nspname, r.rolname
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_roles r on r.oid = c.relowner
      where c.relname = 'tenantry_ledger' and c.relkind = 'r'
        and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'how' and not a.attisdropped)
      limit p_limit
    loop
      perform set_config('role', v_owner, true);
      execute format('alter table %I.tenantry_ledger alter column position drop identity if exists,
        add column run_id text, add column how text not null default ''applied''', v_schema);
      v_count = v_count + 1;
    end loop;
    return v_count;
  end $body$`,
];
