import {
  ownerNameOf,
  PrivilegesNotEffectiveError,
  schemaNameOf,
  type TenantId,
} from '@tenantry/tenancy';
import { sql, type QueryExecutorProvider } from 'kysely';

/**
 * Reads back what a tenant's role can really do and throws `PrivilegesNotEffectiveError` naming every difference: a `REVOKE` without
 * effect only warns, so nothing is believed that was not read back.
 */
export async function verifyPrivileges(db: QueryExecutorProvider, id: TenantId): Promise<void> {
  const violations = await findViolations(db, id);
  if (violations.length > 0) throw new PrivilegesNotEffectiveError(id, violations);
}

async function findViolations(db: QueryExecutorProvider, id: TenantId): Promise<string[]> {
  const [user, owner] = [schemaNameOf(id), ownerNameOf(id)];
  const roles = await sql<{ user_exists: boolean; owner_exists: boolean; schema_exists: boolean }>`
    select exists (select from pg_roles where rolname = ${user}) as user_exists,
      exists (select from pg_roles where rolname = ${owner}) as owner_exists,
      exists (select from pg_namespace where nspname = ${user}) as schema_exists`.execute(db);
  const found = roles.rows[0];
  if (!found?.user_exists) return [`role ${user} does not exist`];
  if (!found.owner_exists) return [`role ${owner} does not exist`];
  if (!found.schema_exists) return [`schema ${user} does not exist`];
  const result = await sql<{ violation: string }>`
    with tenant as (
      select u.oid as user_oid, o.oid as owner_oid, n.oid as schema_oid, n.nspacl, u.*, o.rolcanlogin as owner_can_login,
        n.nspowner
      from pg_roles u, pg_roles o, pg_namespace n
      where u.rolname = ${user} and o.rolname = ${owner} and n.nspname = ${user}
    ), checks (violation, is_violated) as (
      select 'the role cannot log in', not rolcanlogin from tenant
      union all select 'the role has an attribute of power',
        rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls from tenant
      union all select 'the role has no connection limit', rolconnlimit < 0 from tenant
      union all select 'the owner can log in', owner_can_login from tenant
      union all select 'the schema belongs to another role', nspowner <> owner_oid from tenant
      union all select 'the role may not use its schema', not has_schema_privilege(user_oid, schema_oid, 'USAGE')
        from tenant
      union all select 'the role may create in its schema', has_schema_privilege(user_oid, schema_oid, 'CREATE')
        from tenant
      union all select 'PUBLIC has a right on the schema',
        exists (select from aclexplode(nspacl) where grantee = 0) from tenant
      union all select 'the role may use schema public', has_schema_privilege(user_oid, 'public', 'USAGE') from tenant
      union all select 'the role may not connect to the database',
        not has_database_privilege(user_oid, current_database(), 'CONNECT') from tenant
      union all select 'the role may create schemas in the database',
        has_database_privilege(user_oid, current_database(), 'CREATE') from tenant
      union all select 'the role may create temporary tables',
        has_database_privilege(user_oid, current_database(), 'TEMP') from tenant
      union all select 'the role is a member of a role other than app_tenants',
        exists (select from pg_auth_members m join pg_roles g on g.oid = m.roleid
          where m.member = user_oid and g.rolname <> 'app_tenants') from tenant
      union all select 'the role may use schema ' || n.nspname,
        has_schema_privilege(user_oid, n.oid, 'USAGE')
        from tenant, pg_namespace n where n.nspname in ('catalog', 'site', 'tenantry')
    )
    select violation from checks where is_violated`.execute(db);
  return result.rows.map((row) => row.violation);
}
