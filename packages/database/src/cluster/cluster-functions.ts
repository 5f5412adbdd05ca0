import { engineFunctions } from './engine-functions.ts';
import { fingerprintFunctions } from './fingerprint-functions.ts';
import { poolCheckFunctions } from './pool-check-functions.ts';
import { poolDeletionFunctions } from './pool-deletion-functions.ts';
import { poolEngineFunctions } from './pool-engine-functions.ts';
import { poolFunctions } from './pool-functions.ts';
import { privilegeFunctions } from './privilege-functions.ts';
import { revertFunctions } from './revert-functions.ts';

/**
 * The platform's functions in PostgreSQL, in schema `tenantry`. All run with the caller's rights: they save round trips and give
 * nobody a right he does not have. Each may run twice. They hold no colon, which the
 * Data API would take for a parameter, and return a value, because it cannot carry void.
 */
export const clusterFunctions: readonly string[] = [
  // Creates a role or brings it up to date. The password arrives as a SCRAM verifier; null leaves it as it is.
  `create or replace function tenantry.ensure_role(p_role text, p_attributes text, p_verifier text) returns boolean
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  begin
    if not exists (select from pg_roles where rolname = p_role) then
      if cast(current_setting('server_version_num') as int) >= 160000 then
        perform set_config('createrole_self_grant', 'set, inherit', true);
      end if;
      begin
        execute format('create role %I %s', p_role, p_attributes);
      exception when duplicate_object then
        -- Another session was faster: the two roles of a pool are made by whoever comes first.
        execute format('alter role %I %s', p_role, p_attributes);
      end;
      if cast(current_setting('server_version_num') as int) < 160000 then
        execute format('grant %I to %I', p_role, session_user);
      end if;
    else
      execute format('alter role %I %s', p_role, p_attributes);
    end if;
    if p_verifier is not null then
      execute format('alter role %I password %L', p_role, p_verifier);
    end if;
    return true;
  end $body$`,

  // Lets one role become another with SET ROLE without inheriting anything from it.
  `create or replace function tenantry.allow_set_role(p_role text, p_to text) returns boolean
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  begin
    if cast(current_setting('server_version_num') as int) >= 160000 then
      execute format('grant %I to %I with inherit false, set true', p_role, p_to);
    else
      execute format('grant %I to %I', p_role, p_to);
    end if;
    return true;
  end $body$`,

  // Lets one role do what another one may without becoming it. The indexer needs it, CREATE INDEX CONCURRENTLY runs outside of any
  // transaction and so without SET LOCAL ROLE. PostgreSQL evaluates an index's expressions as the table's owner, in a
  // security-restricted operation, never as the indexer.
  `create or replace function tenantry.allow_inherit(p_role text, p_to text) returns boolean
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  begin
    if cast(current_setting('server_version_num') as int) >= 160000 then
      execute format('grant %I to %I with inherit true, set false', p_role, p_to);
    else
      execute format('grant %I to %I', p_role, p_to);
    end if;
    return true;
  end $body$`,

  // A schema owned by a role that cannot log in, and who may use it.
  `create or replace function tenantry.ensure_owned_schema(p_schema text, p_owner text, p_user text)
  returns boolean language plpgsql set search_path = pg_catalog, pg_temp as $body$
  begin
    execute format('create schema if not exists %I authorization %I', p_schema, p_owner);
    if not exists (
      select from pg_namespace n join pg_roles r on r.oid = n.nspowner
      where n.nspname = p_schema and r.rolname = p_owner
    ) then
      raise exception 'schema % exists and is not owned by %', p_schema, p_owner using errcode = '42501';
    end if;
    execute format('revoke all on schema %I from public', p_schema);
    execute format('grant usage on schema %I to %I', p_schema, p_user);
    execute format('alter default privileges for role %I revoke execute on functions from public', p_owner);
    return true;
  end $body$`,

  // The same with the privileges that objects made in it will have.
  `create or replace function tenantry.ensure_schema(p_schema text, p_owner text, p_user text, p_table_rights text)
  returns boolean language plpgsql set search_path = pg_catalog, pg_temp as $body$
  begin
    perform tenantry.ensure_owned_schema(p_schema, p_owner, p_user);
    execute format('alter default privileges for role %I in schema %I grant %s on tables to %I',
      p_owner, p_schema, p_table_rights, p_user);
    if p_table_rights <> 'select' then
      execute format('alter default privileges for role %I in schema %I grant usage on sequences to %I',
        p_owner, p_schema, p_user);
    end if;
    execute format('alter default privileges for role %I in schema %I grant execute on functions to %I',
      p_owner, p_schema, p_user);
    return true;
  end $body$`,

  // The role that a tenant logs in as, with its limits and the schemas in which it finds names; it may read what all tenants share.
  `create or replace function tenantry.ensure_login(p_id text, p_verifier text, p_connections int, p_path text[])
  returns boolean language plpgsql set search_path = pg_catalog, pg_temp as $body$
  declare
    v_user text = 't_' || p_id;
  begin
    if p_id !~ '^[a-z0-9]{16,32}$' then
      raise exception 'not a tenant id: %', p_id using errcode = '22023';
    end if;
    perform tenantry.ensure_role(v_user, format('login connection limit %s', p_connections), p_verifier);
    execute format('grant app_tenants to %I', v_user);
    execute format('alter role %I set search_path = %s', v_user,
      (select string_agg(quote_ident(name), ', ' order by place) from unnest(p_path) with ordinality path (name, place)));
    execute format('alter role %I set statement_timeout = %L', v_user, '30s');
    execute format('alter role %I set idle_in_transaction_session_timeout = %L', v_user, '60s');
    return true;
  end $body$`,

  // A tenant's two roles and its schema. Grants to groups come before anything a tenant could use.
  `create or replace function tenantry.provision_schema(p_id text, p_verifier text, p_connections int)
  returns boolean language plpgsql set search_path = pg_catalog, pg_temp as $body$
  declare
    v_user text = 't_' || p_id;
    v_owner text = 'o_' || p_id;
  begin
    perform tenantry.ensure_login(p_id, p_verifier, p_connections, array[v_user, 'shared']);
    perform tenantry.ensure_role(v_owner, 'nologin', null);
    perform tenantry.allow_set_role(v_owner, 'platform_migrator');
    perform tenantry.allow_inherit(v_owner, 'platform_indexer');
    perform tenantry.ensure_schema(v_user, v_owner, v_user, 'select, insert, update, delete');
    return true;
  end $body$`,

  // A tenant's login where it reads what all tenants share and has nothing of its own.
  `create or replace function tenantry.provision_shared_login(p_id text, p_verifier text, p_connections int)
  returns boolean language sql set search_path = pg_catalog, pg_temp as $body$
    select tenantry.ensure_login(p_id, p_verifier, p_connections, array['shared'])
  $body$`,

  // Takes a tenant's rights away and ends its sessions, in that order, so that no new one can slip in with the old rights.
  `create or replace function tenantry.suspend_schema(p_id text) returns boolean
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  declare
    v_user text = 't_' || p_id;
  begin
    if exists (select from pg_roles where rolname = v_user) then
      if exists (select from pg_namespace where nspname = v_user) then
        execute format('revoke all on schema %I from %I', v_user, v_user);
      end if;
      execute format('revoke app_tenants from %I', v_user);
      execute format('alter role %I nologin', v_user);
    end if;
    return true;
  end $body$`,

  // Ends all sessions of a tenant and waits until they are gone; called after suspend_schema has committed.
  `create or replace function tenantry.end_sessions(p_id text) returns integer
  language sql set search_path = pg_catalog, pg_temp as $body$
    select cast(count(pg_terminate_backend(pid, 5000)) as integer) from pg_stat_activity where usename = 't_' || p_id
  $body$`,

  // Drops a tenant's schema and both roles. Nothing of it is left, and dropping what is not there is no error.
  `create or replace function tenantry.drop_schema(p_id text) returns boolean
  language plpgsql set search_path = pg_catalog, pg_temp as $body$
  declare
    v_user text = 't_' || p_id;
    v_owner text = 'o_' || p_id;
    v_role text;
  begin
    if p_id !~ '^[a-z0-9]{16,32}$' then
      raise exception 'not a tenant id: %', p_id using errcode = '22023';
    end if;
    execute format('drop schema if exists %I cascade', v_user);
    foreach v_role in array array[v_user, v_owner] loop
      if exists (select from pg_roles where rolname = v_role) then
        execute format('drop owned by %I cascade', v_role);
        execute format('drop role %I', v_role);
      end if;
    end loop;
    return true;
  end $body$`,
  ...poolFunctions,
  ...poolDeletionFunctions,
  ...poolCheckFunctions,
  ...poolEngineFunctions,
  ...engineFunctions,
  ...revertFunctions,
  ...privilegeFunctions,
  ...fingerprintFunctions,
];
