import { deletionNames } from './sql-patterns.ts';

/** A role in words that are the same in every schema: those of the target's own roles, else its name. */
const role = (
  oid: string,
): string => `case ${oid} when 0 then 'public' when t.owner_oid then 'owner'
  when t.user_oid then 'user' else pg_get_userbyid(${oid}) end`;

/** Privileges in a fixed order. `kind` is PostgreSQL's letter for the object's default privileges. */
const privileges = (acl: string, kind: string, owner: string): string => `coalesce((
  select string_agg(${role('x.grantee')} || '=' || x.privilege_type || case when x.is_grantable then '*' else '' end, ','
    order by ${role('x.grantee')} collate "C", x.privilege_type collate "C")
  from aclexplode(coalesce(${acl}, acldefault('${kind}', ${owner}))) x where x.grantee <> t.writers_oid), 'nothing')`;

const columnPrivileges = `(select string_agg(${role('x.grantee')} || '=' || x.privilege_type, ',' order by ${role('x.grantee')}
    collate "C", x.privilege_type collate "C") from aclexplode(a.attacl) x)`;

/**
 * A text without the name of its own schema before other names. A tenant's name is in no other word, and a pattern for each of
 * hundreds of schemas would cost more than all the rest.
 */
const withoutSchema = (text: string): string => `case when length(nspname) > 16
    then replace(${text}, nspname || '.', '') else regexp_replace(${text}, '\\m' || nspname || '\\.', '', 'g') end`;

const part = (label: string, text: string): string => `coalesce(' ${label} ' || ${text}, '')`;

/**
 * The objects of schemas as text, one row each. A target is `{schema, owner, user}`; its schema's name is left out and its roles are
 * written as `owner` and `user`, so that two schemas with the same migrations give the same rows. Order of columns, comments, statistics, storage, the user's own USAGE on the schema and, in pools, what deletes marked rows are left out: a migration may
 * come by them in several ways, and suspending a tenant takes the last one away.
 */
const describeObjects = `create or replace function tenantry.describe_objects(p_targets jsonb)
  returns table (schema_name text, object text, definition text)
  language sql stable set search_path = pg_catalog, pg_temp set jit = off as $body$
  with t as materialized (
    select n.oid, n.nspname, n.nspowner, n.nspacl, coalesce(o.oid, 0) as owner_oid, coalesce(u.oid, 0) as user_oid,
      coalesce(w.oid, 1) as writers_oid
    from jsonb_to_recordset(p_targets) as p(schema text, owner text, "user" text)
    join pg_namespace n on n.nspname = p.schema
    left join pg_roles o on o.rolname = p.owner
    left join pg_roles u on u.rolname = p."user"
    left join pg_roles w on p.schema like 'p\\_%' and w.rolname = 'pd_' || substr(p.schema, 3)
  ), relations as materialized (
    select t.nspname, t.owner_oid, t.user_oid, t.writers_oid, c.*
    from t join pg_class c on c.relnamespace = t.oid and c.relname !~ '^tenantry_deleted?_[0-9]+$'
  ), objects (nspname, object, definition) as (
    select t.nspname, 'schema', 'owner ' || ${role('t.nspowner')} || ' privileges ' || coalesce((
        select string_agg(${role('x.grantee')} || '=' || x.privilege_type, ',' order by ${role('x.grantee')} collate "C",
          x.privilege_type collate "C")
        from aclexplode(t.nspacl) x
        where not (x.grantee = t.user_oid and x.privilege_type = 'USAGE')), 'nothing')
    from t
    union all
    select t.nspname, 'default privileges of ' || ${role('d.defaclrole')} || ' on ' || case d.defaclobjtype when 'r' then 'tables'
        when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types' else 'schemas' end
        || case d.defaclnamespace when 0 then ' everywhere' else '' end,
      coalesce((select string_agg(${role('x.grantee')} || '=' || x.privilege_type, ',' order by ${role('x.grantee')} collate "C",
        x.privilege_type collate "C") from aclexplode(d.defaclacl) x), 'nothing')
    from t join pg_default_acl d on d.defaclnamespace = t.oid or (d.defaclnamespace = 0 and d.defaclrole = t.owner_oid)
    union all
    select t.nspname, case t.relkind when 'v' then 'view ' when 'm' then 'materialized view ' when 'S' then 'sequence '
        when 'f' then 'foreign table ' else 'table ' end || t.relname,
      'owner ' || ${role('t.relowner')}
        || case t.relpersistence when 'u' then ' unlogged' else '' end
        || ${part('options', "array_to_string(t.reloptions, ',')")}
        || case when t.relrowsecurity then ' row security' else '' end
        || case when t.relforcerowsecurity then ' forced row security' else '' end
        || case t.relreplident when 'n' then ' replica identity nothing' when 'f' then ' replica identity full' else '' end
        || case when t.relkind = 'p' then ' partition by ' || pg_get_partkeydef(t.oid) else '' end
        || case when t.relispartition then ' partition ' || pg_get_expr(t.relpartbound, t.oid) else '' end
        || ${part('of', "(select string_agg(p.relname, ',' order by i.inhseqno) from pg_inherits i join pg_class p on p.oid = i.inhparent where i.inhrelid = t.oid)")}
        || case when t.relkind in ('v', 'm') then ' as ' || pg_get_viewdef(t.oid) else '' end
        || case when t.relkind = 'S' then (select ' ' || format_type(s.seqtypid, null) || ' start ' || s.seqstart || ' increment '
            || s.seqincrement || ' from ' || s.seqmin || ' to ' || s.seqmax || ' cache ' || s.seqcache
            || case when s.seqcycle then ' cycle' else '' end
          from pg_sequence s where s.seqrelid = t.oid)
          || ${part('of', "(select p.relname || '.' || a.attname from pg_depend d join pg_class p on p.oid = d.refobjid join pg_attribute a on a.attrelid = p.oid and a.attnum = d.refobjsubid where d.classid = cast('pg_class' as regclass) and d.objid = t.oid and d.refclassid = cast('pg_class' as regclass) and d.deptype in ('a', 'i'))")}
          else '' end
        || ' privileges ' || case t.relkind when 'S' then ${privileges('t.relacl', 's', 't.relowner')}
          else ${privileges('t.relacl', 'r', 't.relowner')} end
    from relations t where t.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
    union all
    select t.nspname, 'column ' || t.relname || '.' || a.attname,
      format_type(a.atttypid, a.atttypmod)
        || case when a.attnotnull then ' not null' else '' end
        || case a.attidentity when 'a' then ' generated always as identity' when 'd' then ' generated by default as identity'
          else '' end
        || case when d.adbin is null then '' when a.attgenerated <> '' then ' generated ' || cast(a.attgenerated as text) || ' as '
          || pg_get_expr(d.adbin, d.adrelid) else ' default ' || pg_get_expr(d.adbin, d.adrelid) end
        || case when a.attcollation <> y.typcollation then ' collate ' || cast(cast(a.attcollation as regcollation) as text)
          else '' end
        || case when a.attacl is null then '' else ${part('privileges', columnPrivileges)} end
    from relations t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
    join pg_type y on y.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where t.relkind in ('r', 'p', 'f', 'v', 'm', 'c')
    union all
    select t.nspname, 'constraint ' || t.relname || '.' || c.conname,
      pg_get_constraintdef(c.oid) || case when c.convalidated then '' else ' (not validated)' end
    from relations t join pg_constraint c on c.conrelid = t.oid and c.contype in ('p', 'u', 'f', 'c', 'x')
    union all
    select t.nspname, 'index ' || t.relname, pg_get_indexdef(t.oid)
        || case when i.indisvalid then '' else ' (not valid)' end || case when i.indisready then '' else ' (not ready)' end
        || case when i.indisclustered then ' clustered' else '' end || case when i.indisreplident then ' replica identity' else '' end
    from relations t join pg_index i on i.indexrelid = t.oid
    where t.relkind in ('i', 'I') and pg_get_expr(i.indpred, i.indrelid) is distinct from 'tenantry_deleted'
    union all
    select t.nspname, 'rule ' || t.relname || '.' || r.rulename, pg_get_ruledef(r.oid) || ' ' || cast(r.ev_enabled as text)
    from relations t join pg_rewrite r on r.ev_class = t.oid and r.rulename <> '_RETURN'
    union all
    select t.nspname, 'trigger ' || t.relname || '.' || g.tgname, pg_get_triggerdef(g.oid)
        || case g.tgenabled when 'D' then ' disabled' when 'A' then ' always' when 'R' then ' replica' else '' end
    from relations t join pg_trigger g on g.tgrelid = t.oid and not g.tgisinternal and g.tgname <> 'tenantry_delete'
    union all
    select t.nspname, 'policy ' || t.relname || '.' || l.polname,
      case when l.polpermissive then 'permissive' else 'restrictive' end || ' for ' || cast(l.polcmd as text) || ' to '
        || (select string_agg(${role('r.oid')}, ',' order by ${role('r.oid')} collate "C") from unnest(l.polroles) as r(oid))
        || ${part('using', 'pg_get_expr(l.polqual, l.polrelid)')} || ${part('check', 'pg_get_expr(l.polwithcheck, l.polrelid)')}
    from relations t join pg_policy l on l.polrelid = t.oid
    union all
    select t.nspname, 'statistics ' || s.stxname, pg_get_statisticsobjdef(s.oid)
    from t join pg_statistic_ext s on s.stxnamespace = t.oid
    union all
    select t.nspname, case f.prokind when 'p' then 'procedure ' when 'a' then 'aggregate ' else 'function ' end || f.proname
        || '(' || pg_get_function_identity_arguments(f.oid) || ')',
      'owner ' || ${role('f.proowner')} || ' privileges ' || ${privileges('f.proacl', 'f', 'f.proowner')} || ' '
        || case f.prokind when 'a' then (select cast(a.aggtransfn as text) || ' ' || cast(a.aggfinalfn as text) || ' ' || coalesce(a.agginitval, '')
            from pg_aggregate a where a.aggfnoid = f.oid)
          else pg_get_functiondef(f.oid) end
    from t join pg_proc f on f.pronamespace = t.oid and f.proname !~ ${deletionNames}
    union all
    select t.nspname, case y.typtype when 'e' then 'enum ' when 'd' then 'domain ' when 'r' then 'range ' else 'type ' end
        || y.typname,
      'owner ' || ${role('y.typowner')} || ' privileges ' || ${privileges('y.typacl', 'T', 'y.typowner')}
        || case y.typtype when 'e' then ${part('of', "(select string_agg(e.enumlabel, ',' order by e.enumsortorder) from pg_enum e where e.enumtypid = y.oid)")}
          when 'd' then ' ' || format_type(y.typbasetype, y.typtypmod) || case when y.typnotnull then ' not null' else '' end
            || ${part('default', 'y.typdefault')}
            || ${part('', "(select string_agg(c.conname || ' ' || pg_get_constraintdef(c.oid), ',' order by c.conname collate \"C\") from pg_constraint c where c.contypid = y.oid and c.contype = 'c')")}
          else '' end
    from t join pg_type y on y.typnamespace = t.oid
    where y.typtype in ('e', 'd', 'r')
      or (y.typtype = 'c' and exists (select from pg_class c where c.oid = y.typrelid and c.relkind = 'c'))
  )
  select nspname, ${withoutSchema('object')}, ${withoutSchema('definition')} from objects
  $body$`;

/** One hash for each schema over everything that describe_objects says of it. */
const fingerprintSchemas = `create or replace function tenantry.fingerprint_schemas(p_targets jsonb)
  returns table (schema_name text, fingerprint text)
  language sql stable set search_path = pg_catalog, pg_temp set jit = off as $body$
  select d.schema_name, encode(sha256(convert_to(string_agg(md5(d.object || chr(10) || d.definition), ',' order by d.object
    collate "C", d.definition collate "C"), 'UTF8')), 'hex')
  from tenantry.describe_objects(p_targets) d group by d.schema_name
  $body$`;

/** One hash for each schema over ids and checksums of its ledger; null where nothing was ever applied. */
const digestLedgers = `create or replace function tenantry.digest_ledgers(p_targets jsonb)
  returns table (schema_name text, digest text)
  language plpgsql as $body$
  declare
    v_target pg_catalog.jsonb;
    v_ledger pg_catalog.regclass;
  begin
    perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    for v_target in select * from jsonb_array_elements(p_targets) loop
      schema_name = v_target ->> 'schema';
      digest = null;
      if exists (select from pg_roles where rolname = v_target ->> 'owner') then
        perform set_config('role', v_target ->> 'owner', true);
        v_ledger = to_regclass(format('%I.tenantry_ledger', schema_name));
        if v_ledger is not null then
          execute format('select coalesce(encode(sha256(convert_to(string_agg(id || '' '' || checksum, '','' order by position),
            ''UTF8'')), ''hex''), '''') from %I.tenantry_ledger', schema_name) into digest;
        end if;
      end if;
      return next;
    end loop;
  end $body$`;

/** Functions of schema `tenantry` that say what schemas are like; they read the system catalog only, and each schema's ledger. */
export const fingerprintFunctions: readonly string[] = [
  describeObjects,
  fingerprintSchemas,
  digestLedgers,
];

/** Their signatures, for the one role that may call them. */
export const fingerprintSignatures = [
  'describe_objects(jsonb)',
  'fingerprint_schemas(jsonb)',
  'digest_ledgers(jsonb)',
] as const;
