import { sql, type QueryExecutorProvider } from 'kysely';
import { retryCatalogRace } from '../retry-catalog-race.ts';

/** The event trigger that refuses tenants' commands. */
export const commandGuard = 'tenantry_refuse_commands';

/** SQL: whether an entry `e` of `pg_event_trigger` is the guard at work. */
export const isCommandGuard = `e.evtname = '${commandGuard}' and e.evtevent = 'ddl_command_start' and e.evttags is null and e.evtenabled in ('O', 'A')
  and e.evtfoid = (select f.oid from pg_proc f join pg_namespace n on n.oid = f.pronamespace
    where n.nspname = 'tenantry' and f.proname = 'refuse_commands' and f.pronargs = 0)`;

/** What the cluster's master user does once to have it. */
export const createCommandGuard = `create event trigger ${commandGuard} on ddl_command_start execute function tenantry.refuse_commands()`;

/**
 * PostgreSQL takes the locks of many commands (CREATE RULE, CREATE TRIGGER, COMMENT, ...) before it looks whether they are allowed: who only
 * tries them on a table in use makes others wait. Tenants have none of these rights, so all such commands end before they begin.
 */
export const commandGuardStatement = `do $guard$ begin
  create or replace function tenantry.refuse_commands() returns event_trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  begin
    if session_user ~ '^t_[a-z0-9]{16,32}$' then
      raise exception 'permission denied for %', tg_tag using errcode = '42501';
    end if;
  end $body$;
  revoke execute on function tenantry.refuse_commands() from public;
  grant execute on function tenantry.refuse_commands() to platform_provisioner;
  if exists (select from pg_event_trigger e where ${isCommandGuard}) then return; end if;
  begin
    drop event trigger if exists ${commandGuard};
    ${createCommandGuard};
  exception when duplicate_object then
    null;
  when insufficient_privilege then
    -- A master user of RDS may make event triggers, on a server of one's own only a superuser; the local one has a function for it.
    if to_regprocedure('pg_catalog.local_create_event_trigger(name, regproc)') is not null then
      perform pg_catalog.local_create_event_trigger('${commandGuard}', 'tenantry.refuse_commands');
    end if;
  end;
end $guard$`;

/**
 * Makes the guard in the database that `admin`, the cluster's master user, is logged in to. Where the master user may make no event
 * triggers it does nothing, and the audit says so.
 */
export async function ensureCommandGuard(admin: QueryExecutorProvider): Promise<void> {
  await retryCatalogRace(() => sql.raw(commandGuardStatement).execute(admin));
}
