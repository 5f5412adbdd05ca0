import { schemaStatements } from './sql-patterns.ts';

/**
 * What `tenantry.apply` does, for many schemas one after the other and each in a transaction of its own, which saves what a call costs for
 * each. p_targets has schema, owner and hideFrom of each; the answers are those of apply, with the milliseconds each took.
 *
 * p_options has the checksums of what all of them are believed to have ("known", by id), or null. A schema whose ledger says just that
 * gets the rest in two statements, made once for all: of what a quick migration costs, most would else be the engine's own work for each.
 * That is for statements that change no data; all others, and every schema that is otherwise than believed, get what apply does.
 *
 * Only the last transaction waits for the disk, which has those before it by then: an answer is as durable as one of apply. Who gets none
 * has to wait for the disk, with a message in the log for instance, before what the ledgers say may be told to others.
 */
export const applyEachFunction = `create or replace procedure tenantry.apply_each(p_targets jsonb, p_set jsonb, p_options jsonb, inout p_answers jsonb)
  language plpgsql as $body$
  declare
    v_number pg_catalog.int4 = 0; v_target pg_catalog.jsonb; v_answer pg_catalog.jsonb; v_started pg_catalog.timestamptz; v_set pg_catalog.text;
    v_known pg_catalog.jsonb = p_options -> 'known'; v_statements pg_catalog.text = null; v_done pg_catalog.jsonb; v_last pg_catalog.int8;
    v_is_known pg_catalog.bool; v_run pg_catalog.text = p_options ->> 'run'; v_how pg_catalog.text = p_options ->> 'how';
    v_timeout pg_catalog.text = p_options ->> 'lockTimeout'; v_ledger pg_catalog.text;
  begin
    p_answers = '[]';
    v_set = pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    select string_agg(case when is_plain then work end || format(e'\\n; insert into tenantry_ledger (id, checksum, position, duration_ms, run_id, how)
        values (%L, %L, $1 + %s, cast(extract(epoch from clock_timestamp() - %s) * 1000 as integer), $2, $3);', id, p_set -> 'checksums' ->> id,
        place, case place when 1 then '$4' else '(select max(applied_at) from tenantry_ledger)' end), ' ' order by place),
        jsonb_build_object('status', 'applied', 'applied', array_agg(id order by place), 'version', max(id) filter (where place = count),
          'next', null, 'isNew', false)
      into v_statements, v_done
      from (
        select id, row_number() over (order by number) as place, count(*) over () as count
        from jsonb_array_elements_text(p_set -> 'order') with ordinality as set_ (id, number) where v_known -> id is null
      ) pending, lateral (
        select string_agg(sql, e'\\n; ' order by number) as work, bool_and(sql ~* ${schemaStatements}) as is_plain
        from jsonb_array_elements_text(p_set -> 'statements' -> id) with ordinality as statements (sql, number)
      ) statements_
      having v_known is not null and bool_and(coalesce(is_plain, false));
    loop
      v_set = pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
      v_target = p_targets -> v_number;
      exit when v_target is null;
      if p_targets -> (v_number + 1) is not null then
        v_set = pg_catalog.set_config('synchronous_commit', 'off', true);
      else
        -- A transaction that wrote nothing would not wait.
        perform pg_logical_emit_message(true, 'tenantry', cast('' as text));
      end if;
      v_started = clock_timestamp();
      v_answer = null;
      if v_statements is not null then
        begin
          v_ledger = format('%I.tenantry_ledger', v_target ->> 'schema');
          execute format('set local role %I; set local lock_timeout to %L; lock table %s in share update exclusive mode;
            select jsonb_object_agg(id, checksum) = $1, max(position) from %3$s', v_target ->> 'owner', v_timeout, v_ledger)
            into v_is_known, v_last using v_known;
          if v_is_known then
            execute format('set local search_path to %I, pg_temp; %s set local search_path to pg_catalog, pg_temp',
              v_target ->> 'schema', v_statements) using v_last, v_run, v_how, v_started;
            v_answer = v_done;
          else
            v_set = set_config('role', 'none', true);
          end if;
        exception when others then
          -- Who asks for this schema alone hears why.
          v_answer = jsonb_build_object('status', 'failed');
        end;
      end if;
      if v_answer is null then
        v_answer = tenantry.apply(v_target ->> 'schema', v_target ->> 'owner', p_set,
          p_options || jsonb_build_object('hideFrom', v_target -> 'hideFrom'));
      end if;
      commit;
      v_set = pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
      p_answers = p_answers || jsonb_build_array(v_answer || jsonb_build_object('milliseconds',
        extract(epoch from clock_timestamp() - v_started) * 1000));
      v_number = v_number + 1;
    end loop;
  end $body$`;
