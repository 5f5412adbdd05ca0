import { applyEachFunction } from './apply-each-function.ts';
import { failureVariables, noteFailure } from './note-failure.ts';
import { schemaStatements } from './sql-patterns.ts';

/**
 * The migration engine inside PostgreSQL. Each function becomes the schema's owner for its transaction and answers what happened
 * instead of raising, so that a failure keeps the number of its statement. What must be read or computed comes before the search path
 * is set: from then on PostgreSQL plans every expression anew. No colon, as in all functions here.
 */
export const engineFunctions: readonly string[] = [
  // What was applied to a schema, oldest first; null where nothing ever was.
  `create or replace function tenantry.read_ledger(p_schema text, p_owner text) returns jsonb
  language plpgsql as $body$
  declare
    v_ledger pg_catalog.jsonb;
  begin
    perform pg_catalog.set_config('role', p_owner, true);
    perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    if pg_catalog.to_regclass(pg_catalog.format('%I.tenantry_ledger', p_schema)) is not null then
      execute pg_catalog.format('select jsonb_agg(jsonb_build_object(''id'', id, ''checksum'', checksum,
        ''appliedAt'', applied_at, ''durationMs'', duration_ms, ''runId'', run_id, ''how'', how) order by position)
        from %I.tenantry_ledger', p_schema) into v_ledger;
    end if;
    return v_ledger;
  end $body$`,

  // The rights in question when PostgreSQL refused something to a schema's owner, as a sentence.
  `create or replace function tenantry.explain_refusal(p_schema text, p_owner text, p_message text) returns text
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  declare
    v_object text[] = regexp_match(p_message, 'permission denied for (schema|table|view|sequence|database) (.*)$');
    v_relation oid;
    v_missing text;
  begin
    if not exists (select from pg_roles where rolname = p_owner) then
      return format('Role %s does not exist.', p_owner);
    elsif p_message like 'permission denied to set role%' then
      return format('Role %s may not become %s, it needs GRANT %2$I TO %1$I.', session_user, p_owner);
    elsif v_object is null then
      return format('The statement runs as role %s.', p_owner);
    elsif v_object[1] = 'schema' then
      select string_agg(name, ', ') into v_missing from unnest(array['USAGE', 'CREATE']) name
        where not has_schema_privilege(p_owner, (select oid from pg_namespace where nspname = v_object[2]), name);
    elsif v_object[1] = 'database' then
      select string_agg(name, ', ') into v_missing from unnest(array['CREATE', 'TEMPORARY']) name
        where not has_database_privilege(p_owner, v_object[2], name);
    else
      select c.oid into v_relation from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relname = v_object[2] and has_schema_privilege(p_owner, n.oid, 'USAGE')
        order by n.nspname <> p_schema limit 1;
      select string_agg(name, ', ') into v_missing
        from unnest(case v_object[1] when 'sequence' then array['USAGE', 'SELECT', 'UPDATE']
          else array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'REFERENCES'] end) name
        where case v_object[1] when 'sequence' then not has_sequence_privilege(p_owner, v_relation, name)
          else not has_table_privilege(p_owner, v_relation, name) end;
    end if;
    return format('Role %s has no right %s on %s %s.', p_owner, v_missing, v_object[1], v_object[2]);
  end $body$`,

  // Applies what is pending of a set of migrations to one schema in one transaction, under a lock on the ledger that other workers wait for
  // and readers do not notice.
  // p_set: order (ids), checksums, statements and forms by id, formerly ([{id, was}]). p_options: hideFrom, lockTimeout, run, how, and
  // isNew where the schema was empty before the caller began.
  // Only a new schema gets migrations of another form than transaction here; else the answer's "next" is the first of them. The ids in
  // "missing" are pending and came without statements: nothing was done.
  // In a pool p_options has its group (tenants), and p_set the numbers of the statements that run for each tenant (perTenant, by id).
  `create or replace function tenantry.apply(p_schema text, p_owner text, p_set jsonb, p_options jsonb) returns jsonb
  language plpgsql as $body$
  declare
    v_ledger pg_catalog.text = pg_catalog.format('%I.tenantry_ledger', p_schema);
    v_path pg_catalog.text = pg_catalog.format('set local search_path to %I, pg_temp; ', p_schema);
    v_known pg_catalog.jsonb; v_version pg_catalog.text; v_role pg_catalog.text;
    v_id pg_catalog.text = null; v_was pg_catalog.text; v_form pg_catalog.text; v_next pg_catalog.text = null;
    v_todo pg_catalog.text[] = '{}'; v_missing pg_catalog.text[] = '{}'; v_rows pg_catalog.text = ''; v_last pg_catalog.int8;
    v_statements pg_catalog.jsonb; v_sql pg_catalog.text; v_changes_data pg_catalog.bool; v_deferred pg_catalog.text;
    v_number pg_catalog.int4 = 0; v_rounds pg_catalog.int4;
    v_group pg_catalog.text = p_options ->> 'tenants'; v_before pg_catalog.jsonb;
    v_as pg_catalog.text[] = array[p_owner]; v_everyone pg_catalog.text[]; v_is_stale pg_catalog.bool = true; v_triggers pg_catalog.text;
    v_count pg_catalog.int8; v_started pg_catalog.timestamptz; v_set pg_catalog.text;
${failureVariables}
  begin
    -- Assigned and not performed, because PostgreSQL computes an expression much faster than it runs a query.
    v_set = pg_catalog.set_config('role', p_owner, true);
    -- The same for all schemas: a plan is made anew whenever it meets another path.
    v_set = pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    v_set = set_config('lock_timeout', '0', true);
    if to_regclass(v_ledger) is null then
      execute 'create table ' || v_ledger || ' (
        id text primary key, checksum text not null, position bigint not null,
        applied_at timestamptz not null default clock_timestamp(), duration_ms integer, run_id text,
        how text not null default ''applied'')';
      for v_role in select * from jsonb_array_elements_text(p_options -> 'hideFrom') loop
        execute format('revoke all on %s from %I', v_ledger, v_role);
      end loop;
      if v_group is not null then
        execute format('create table %I.tenantry_members (tenant name primary key)', p_schema);
      end if;
    end if;
    execute 'lock table ' || v_ledger || ' in share update exclusive mode';
    execute 'select coalesce(jsonb_object_agg(id, checksum), ''{}''), coalesce(max(position), 0) from ' || v_ledger
      into v_known, v_last;
    if jsonb_array_length(p_set -> 'formerly') > 0 then
      for v_id, v_was in select f ->> 'id', f ->> 'was' from jsonb_array_elements(p_set -> 'formerly') f loop
        if v_known -> v_id is null and v_known -> v_was is not null then
          execute 'update ' || v_ledger || ' set id = $1 where id = $2' using v_id, v_was;
          v_known = (v_known - v_was) || jsonb_build_object(v_id, v_known ->> v_was);
        end if;
      end loop;
    end if;
    for v_id in select id from jsonb_array_elements_text(p_set -> 'order') id
      where not v_known @> (p_set -> 'checksums') and v_known -> id is distinct from p_set -> 'checksums' -> id loop
      if v_known ->> v_id <> p_set -> 'checksums' ->> v_id then
        return jsonb_build_object('status', 'drift', 'migration', v_id);
      end if;
      continue when v_next is not null or v_known ->> v_id is not null;
      v_form = coalesce(p_set -> 'forms' ->> v_id, 'transaction');
      if v_form = 'program' or (v_form <> 'transaction' and v_known <> '{}' and p_options -> 'isNew' is null) then
        v_next = v_id;
        continue;
      end if;
      if p_set -> 'statements' -> v_id is null then v_missing = v_missing || v_id; end if;
      v_todo = v_todo || v_id;
    end loop;
    v_id = null;
    if v_missing <> '{}' then
      return jsonb_build_object('status', 'missing', 'missing', v_missing);
    end if;
    if v_todo = '{}' then
      execute 'select id from ' || v_ledger || ' order by position desc limit 1' into v_version;
      return jsonb_build_object('status', 'applied', 'applied', v_todo, 'version', v_version, 'next', v_next,
        'isNew', v_known = '{}');
    end if;
    v_set = set_config('lock_timeout', p_options ->> 'lockTimeout', true);
    foreach v_id in array v_todo loop
      v_number = 0;
      v_changes_data = false;
      v_started = clock_timestamp();
      v_form = p_set -> 'forms' ->> v_id;
      v_statements = p_set -> 'statements' -> v_id;
      if v_group is not null then
        perform set_config('role', 'none', true);
        v_before = tenantry.remember_pool(p_schema);
      end if;
      while v_number < jsonb_array_length(v_statements) loop
        v_sql = v_statements ->> v_number;
        v_number = v_number + 1;
        if v_group is not null then
          v_as = array[p_owner];
          if p_set -> 'perTenant' -> v_id @> to_jsonb(v_number) then
            if v_is_stale then
              perform set_config('role', 'none', true);
              v_everyone = tenantry.admit_tenants(p_schema, p_owner, v_group);
              v_triggers = tenantry.list_deferred_triggers(p_schema);
              v_is_stale = false;
            end if;
            v_as = v_everyone;
          else
            v_triggers = null;
            v_is_stale = true;
          end if;
        end if;
        foreach v_role in array v_as loop
          if v_group is not null then
            if v_role = p_owner then
              perform set_config('role', 'none', true);
              perform tenantry.unseal_pool(p_schema, p_owner, v_sql);
            end if;
            perform set_config('role', v_role, true);
          end if;
          if v_form = 'batch' then
            v_rounds = 0;
            loop
              execute v_path || v_sql;
              get diagnostics v_count = row_count;
              exit when v_count = 0;
              v_rounds = v_rounds + 1;
              if v_rounds = 100000 then
                raise exception 'the statement changed rows 100000 times and would go on' using errcode = '54000';
              end if;
            end loop;
            v_changes_data = true;
            set local search_path to pg_catalog, pg_temp;
          else
            execute v_path || v_sql || e'\\n; set local search_path to pg_catalog, pg_temp';
            v_changes_data = v_changes_data or v_sql !~* ${schemaStatements};
          end if;
          -- Triggers that wait for the end of the transaction would else run as whoever is the last.
          if v_triggers is not null then
            execute 'set constraints ' || v_triggers || ' immediate';
            execute 'set constraints ' || v_triggers || ' deferred';
          end if;
        end loop;
      end loop;
      if v_changes_data then
        -- What initially deferred constraints put off is checked here, or the next migration's DDL meets pending trigger events. By
        -- name, because ALL would also change constraints that are not yet there. pg_depend has an index by schema, pg_class has none.
        select string_agg(distinct format('%I.%I', p_schema, c.conname), ', ') into v_deferred
          from pg_namespace n join pg_depend d on d.refobjid = n.oid join pg_constraint c on c.conrelid = d.objid
          where n.nspname = p_schema and d.refclassid = cast('pg_namespace' as regclass)
            and d.classid = cast('pg_class' as regclass) and c.condeferred;
        if v_deferred is not null then
          execute 'set constraints ' || v_deferred || ' immediate';
          execute 'set constraints ' || v_deferred || ' deferred';
        end if;
      end if;
      if v_group is not null then
        v_role = p_owner;
        perform set_config('role', 'none', true);
        perform tenantry.close_pool(p_schema, p_owner, v_group, v_before);
        v_is_stale = true;
        perform set_config('role', p_owner, true);
      end if;
      v_last = v_last + 1;
      v_rows = v_rows || format(', (%L, %L, %s, %s, $1, $2)', v_id, p_set -> 'checksums' ->> v_id, v_last,
        cast(extract(epoch from clock_timestamp() - v_started) * 1000 as integer));
    end loop;
    execute 'insert into ' || v_ledger || ' (id, checksum, position, duration_ms, run_id, how) values ' || substr(v_rows, 3)
      using p_options ->> 'run', p_options ->> 'how';
    return jsonb_build_object('status', 'applied', 'applied', v_todo, 'version', v_id, 'next', v_next,
      'isNew', v_known = '{}');
  exception when others then
${noteFailure}
    return pg_catalog.jsonb_build_object('status', 'failed', 'migration', v_id, 'statement', v_number,
      'tenant', case when v_group is not null then nullif(v_role, p_owner) end,
      'sqlstate', v_state, 'message', v_message, 'detail', v_detail, 'hint', v_hint);
  end $body$`,

  applyEachFunction,

  // One round of a statement of a migration of the form batch, in a transaction of its own; two workers take turns. "done" when the
  // ledger has the migration. In a pool p_options has its group (tenants), and the role whose rows are meant (as).
  `create or replace function tenantry.apply_batch(p_schema text, p_owner text, p_id text, p_sql text, p_options jsonb)
  returns jsonb language plpgsql as $body$
  declare
    v_ledger pg_catalog.text = pg_catalog.format('%I.tenantry_ledger', p_schema);
    v_count pg_catalog.int8;
${failureVariables}
  begin
    perform pg_catalog.set_config('role', p_owner, true);
    perform pg_catalog.set_config('lock_timeout', '0', true);
    execute 'lock table ' || v_ledger || ' in share update exclusive mode';
    execute 'select pg_catalog.count(*) from ' || v_ledger || ' where id = $1' into v_count using p_id;
    if v_count > 0 then
      return pg_catalog.jsonb_build_object('status', 'done');
    end if;
    if p_options ->> 'as' is not null then
      perform pg_catalog.set_config('role', 'none', true);
      if not exists (select from pg_catalog.pg_roles where rolname = p_options ->> 'as') then
        return pg_catalog.jsonb_build_object('status', 'ran', 'rows', 0);
      end if;
      perform tenantry.lend_pool(p_owner, p_options ->> 'tenants', array[p_options ->> 'as']);
      perform pg_catalog.set_config('role', p_options ->> 'as', true);
    end if;
    perform pg_catalog.set_config('lock_timeout', p_options ->> 'lockTimeout', true);
    perform pg_catalog.set_config('search_path', pg_catalog.format('%I, pg_temp', p_schema), true);
    execute p_sql;
    get diagnostics v_count = row_count;
    if p_options ->> 'as' is not null then
      set constraints all immediate;
      perform pg_catalog.set_config('role', 'none', true);
      perform tenantry.dismiss_tenants(p_owner, p_options ->> 'tenants');
    end if;
    return pg_catalog.jsonb_build_object('status', 'ran', 'rows', v_count);
  exception when others then
${noteFailure}
    return pg_catalog.jsonb_build_object('status', 'failed', 'tenant', nullif(p_options ->> 'as', p_owner), 'sqlstate', v_state,
      'message', v_message, 'detail', v_detail, 'hint', v_hint);
  end $body$`,
];
