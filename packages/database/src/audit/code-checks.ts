import { commandGuard, createCommandGuard, isCommandGuard } from '../cluster/command-guard.ts';
import type { AuditCheck } from './audit-check.ts';
import { ownedKinds, repairedBy } from './audit-names.ts';

const fromExtension = (catalog: string, oid: string) =>
  `exists (select from pg_depend d where d.classid = cast('${catalog}' as regclass) and d.objid = ${oid} and d.deptype = 'e')`;

/** What is asked of functions: who may run them, and with whose rights. */
const onFunctions: readonly AuditCheck[] = [
  {
    code: 'FUNCTION_GRANT',
    sql: `select case when g.kind in ('tenant', 'pool') then g.name else s.name end as subject,
        'function ' || cast(cast(p.oid as regprocedure) as text) as object,
        format('%s may run it', coalesce(g.name, 'PUBLIC')) as what,
        jsonb_build_array(format('revoke execute on routine %s from %s', cast(p.oid as regprocedure),
          coalesce(quote_ident(g.name), 'public'))) as commands,
        ${repairedBy('o.kind')} as repaired_by, o.kind in ${ownedKinds} as is_automatic
      from pg_proc p join schema s on s.oid = p.pronamespace join role o on o.oid = p.proowner,
        aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a left join role g on g.oid = a.grantee
      where a.grantee <> p.proowner and not ${fromExtension('pg_proc', 'p.oid')} and case
        when a.grantee = 0 then s.kind not in ('public', 'other')
        when g.kind in ('tenant', 'pool') then s.user_name is distinct from g.name or a.is_grantable
        when g.kind = 'group' then s.kind <> 'shared'
        when g.kind in ('owner', 'pool writers', 'pool owner') then true
        when g.name in ('catalog_reader', 'catalog_writer') then s.kind <> 'catalog'
        when g.name = 'site' then s.kind not in ('site', 'shared')
        when g.kind = 'platform' then s.kind <> 'tenantry'
        when g.kind = 'static' then s.kind in ('tenant', 'pool', 'catalog', 'tenantry')
        else s.kind in ('tenant', 'pool', 'catalog', 'tenantry')
      end`,
  },
  {
    code: 'SECURITY_DEFINER',
    sql: `select s.name as subject, 'function ' || cast(cast(p.oid as regprocedure) as text) as object,
        'it runs with the rights of ' || o.name || case when s.kind in ('tenant', 'pool') then '' else ' and does not set its search path' end as what,
        jsonb_build_array(case when s.kind in ('tenant', 'pool') then format('alter routine %s security invoker', cast(p.oid as regprocedure))
          else format('alter routine %s set search_path = %I, pg_temp', cast(p.oid as regprocedure), s.name) end) as commands,
        ${repairedBy('o.kind')} as repaired_by, s.kind in ('tenant', 'pool') and o.kind in ${ownedKinds} as is_automatic
      from pg_proc p join schema s on s.oid = p.pronamespace join role o on o.oid = p.proowner
      where p.prosecdef and not ${fromExtension('pg_proc', 'p.oid')} and (s.kind in ('tenant', 'pool')
        or not exists (select from unnest(p.proconfig) setting where setting like 'search_path=%'))`,
  },
];

const defaultKind = `case a.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
    when 'T' then 'types' when 'n' then 'schemas' else 'objects' end`;

/** What is asked of default privileges, which decide over the objects of the next migration. */
const onDefaults: readonly AuditCheck[] = [
  {
    code: 'DEFAULT_PRIVILEGE',
    sql: `select o.name as subject, format('default privileges of %I', o.name)
          || case when s.name is null then '' else format(' in schema %I', s.name) end as object,
        format('%s gets %s on %s', coalesce(g.name, 'PUBLIC'), string_agg(x.privilege_type, ', ' order by x.privilege_type), ${defaultKind}) as what,
        jsonb_build_array(format('alter default privileges for role %I%s revoke all on %s from %s', o.name,
          case when s.name is null then '' else format(' in schema %I', s.name) end, ${defaultKind}, coalesce(quote_ident(g.name), 'public'))) as commands,
        ${repairedBy('o.kind')} as repaired_by, o.kind in ${ownedKinds} as is_automatic
      from pg_default_acl a join role o on o.oid = a.defaclrole left join schema s on s.oid = a.defaclnamespace,
        aclexplode(a.defaclacl) x left join role g on g.oid = x.grantee
      where x.grantee <> a.defaclrole and case
        when x.grantee = 0 then a.defaclobjtype <> 'T'
        when g.kind = 'tenant' then s.user_name is distinct from g.name or x.is_grantable or not case a.defaclobjtype
          when 'r' then x.privilege_type in ('SELECT', 'INSERT', 'UPDATE', 'DELETE') when 'S' then x.privilege_type = 'USAGE'
          else x.privilege_type in ('EXECUTE', 'USAGE') end
        when g.kind = 'pool' then s.user_name is distinct from g.name or x.is_grantable or a.defaclobjtype = 'r'
        when g.kind = 'group' then s.kind is distinct from 'shared' or x.is_grantable
          or x.privilege_type not in ('SELECT', 'USAGE', 'EXECUTE')
        when g.kind = 'platform' then s.kind is null or s.kind not in ('catalog', 'site')
        when g.kind = 'static' then s.kind is distinct from 'tenantry_reference'
        else true
      end
      group by o.name, o.kind, s.name, a.defaclobjtype, g.name`,
  },
  {
    code: 'DEFAULT_PRIVILEGE_MISSING',
    sql: `select s.name as subject, format('default privileges of %I', o.name) as object,
        'functions that it makes can be run by PUBLIC' as what,
        jsonb_build_array(format('alter default privileges for role %I revoke execute on functions from public', o.name)) as commands,
        'platform_provisioner' as repaired_by, true as is_automatic
      from schema s join role o on o.oid = s.nspowner and o.name = s.owner_name
      where s.kind in ('tenant', 'pool') and not exists (select from pg_default_acl a
        where a.defaclrole = o.oid and a.defaclnamespace = 0 and a.defaclobjtype = 'f')`,
  },
  {
    code: 'DEFAULT_PRIVILEGE_MISSING',
    sql: `select s.name as subject, format('default privileges of %I', o.name) as object,
        format('tables that it makes cannot be used by %I', s.name) as what,
        jsonb_build_array(format('alter default privileges for role %I in schema %I grant select, insert, update, delete on tables to %I',
          o.name, s.name, s.name)) as commands,
        'platform_provisioner' as repaired_by, true as is_automatic
      from schema s join role o on o.oid = s.nspowner and o.name = s.owner_name join role t on t.name = s.name
      where s.kind = 'tenant' and not exists (
        select from pg_default_acl a, aclexplode(a.defaclacl) x where a.defaclrole = o.oid and a.defaclnamespace = s.oid
          and a.defaclobjtype = 'r' and x.grantee = t.oid and x.privilege_type = 'SELECT')`,
  },
];

const openExtensions = `('dblink', 'postgres_fdw', 'file_fdw', 'mysql_fdw', 'oracle_fdw', 'tds_fdw', 'aws_lambda', 'aws_s3', 'aws_ml',
  'adminpack', 'pg_cron', 'http', 'log_fdw', 'plperlu', 'plpython3u', 'pltclu', 'plrust')`;

/** What leads out of a database, as one query each. */
export const doorChecks: readonly AuditCheck[] = [
  {
    code: 'EXTENSION',
    sql: `select cast(e.extname as text) as subject, format('extension %I', e.extname) as object, 'it is installed' as what,
        jsonb_build_array(format('drop extension %I', e.extname)) as commands, 'administrator' as repaired_by, false as is_automatic
      from pg_extension e where e.extname in ${openExtensions}`,
  },
  {
    code: 'FOREIGN_SERVER',
    sql: `select cast(w.fdwname as text) as subject, format('foreign data wrapper %I', w.fdwname) as object,
        coalesce('it has the servers ' || string_agg(s.srvname, ', ' order by s.srvname), 'it exists') as what,
        jsonb_build_array(format('drop foreign data wrapper %I cascade', w.fdwname)) as commands,
        'administrator' as repaired_by, false as is_automatic
      from pg_foreign_data_wrapper w left join pg_foreign_server s on s.srvfdw = w.oid group by w.fdwname`,
  },
  {
    code: 'LANGUAGE',
    sql: `select cast(l.lanname as text) as subject, format('language %I', l.lanname) as object, 'it is not trusted' as what,
        jsonb_build_array(format('drop language %I', l.lanname)) as commands, 'administrator' as repaired_by, false as is_automatic
      from pg_language l where not l.lanpltrusted and l.lanispl`,
  },
  {
    code: 'PUBLICATION',
    sql: `select cast(p.pubname as text) as subject, format('publication %I', p.pubname) as object,
        case when p.puballtables then 'it sends all tables' else 'it exists' end as what,
        jsonb_build_array(format('drop publication %I', p.pubname)) as commands, 'administrator' as repaired_by, false as is_automatic
      from pg_publication p`,
  },
];

const eventTriggers = (isExpected: string): AuditCheck => ({
  code: 'EVENT_TRIGGER',
  sql: `select cast(e.evtname as text) as subject, format('event trigger %I', e.evtname) as object,
      format('it runs %s on %s', cast(e.evtfoid as regprocedure), e.evtevent) as what,
      jsonb_build_array(format('drop event trigger %I', e.evtname)) as commands, 'administrator' as repaired_by, false as is_automatic
    from pg_event_trigger e where not (${isExpected}) and not ${fromExtension('pg_event_trigger', 'e.oid')}`,
});

/** What runs by itself in a database of the platform's clusters, where the guard must and nothing else may. */
export const guardChecks: readonly AuditCheck[] = [
  eventTriggers(isCommandGuard),
  {
    code: 'COMMAND_GUARD',
    sql: `select 'tenantry' as subject, 'event trigger ${commandGuard}' as object, 'it is missing or does not refuse all commands' as what,
        jsonb_build_array('drop event trigger if exists ${commandGuard}', '${createCommandGuard}') as commands,
        'administrator' as repaired_by, false as is_automatic
      where not exists (select from pg_event_trigger e where ${isCommandGuard})`,
  },
];

/** The same on a customer's server, which has no guard: there is one tenant in a database. */
export const customerGuardChecks: readonly AuditCheck[] = [eventTriggers('false')];

const onLargeObjects: readonly AuditCheck[] = [
  {
    code: 'LARGE_OBJECT',
    sql: `select o.name as subject, 'large objects of ' || o.name as object, format('there are %s', count(*)) as what,
        jsonb_build_array(format('select lo_unlink(oid) from pg_largeobject_metadata where lomowner = cast(%L as regrole)', o.name)) as commands,
        'administrator' as repaired_by, false as is_automatic
      from pg_largeobject_metadata l join role o on o.oid = l.lomowner where o.kind <> 'other' group by o.name`,
  },
];

/** What is asked of code and of what is made by default in one database, its ways out aside. */
export const codeChecks: readonly AuditCheck[] = [...onFunctions, ...onDefaults, ...onLargeObjects];
