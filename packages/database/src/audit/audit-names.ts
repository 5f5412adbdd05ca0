import { platformRoles } from '../cluster/platform-roles.ts';

/** SQL: the roles whose objects the platform set up and can repair itself, by kind; `migrator` and `customer` are at customers' servers only. */
export const ownedKinds = `('tenant', 'owner', 'pool', 'pool writers', 'pool owner', 'migrator', 'customer')`;

/** SQL: all roles with the part that they play, as `role` with `oid`, `name`, `kind` and the attributes of `pg_roles`. */
export const roleNames = `role as materialized (
    select cast(r.rolname as text) as name,
      case
        when r.rolname ~ '^t_[a-z0-9]{16,32}$' then 'tenant'
        when r.rolname ~ '^o_[a-z0-9]{16,32}$' then 'owner'
        when r.rolname ~ '^p_[a-z][a-z0-9]{0,19}$' then 'pool'
        when r.rolname ~ '^pd_[a-z][a-z0-9]{0,19}$' then 'pool writers'
        when r.rolname ~ '^po_[a-z][a-z0-9]{0,19}$' then 'pool owner'
        when r.rolname in ('app_tenants', 'app_dedicated') then 'group'
        when r.rolname in ('o_catalog', 'o_shared', 'o_site', 'o_reference', 't_reference') then 'static'
        when r.rolname in (${platformRoles.map((role) => `'${role}'`).join(', ')}) then 'platform'
        else 'other'
      end as kind, r.*
    from pg_catalog.pg_roles r
  )`;

/** SQL: all schemas but PostgreSQL's own with the part that they play, as `schema`, the role that must own each, and who works in it. */
export const schemaNames = `schema as materialized (
    select named.*, case kind
        when 'tenant' then 'o_' || substr(name, 3)
        when 'pool' then 'po_' || substr(name, 3)
        when 'shared' then 'o_shared' when 'site' then 'o_site' when 'catalog' then 'o_catalog'
        when 'tenantry_reference' then 'o_reference'
      end as owner_name, case when kind in ('tenant', 'pool') then name end as user_name
    from (
      select n.oid, cast(n.nspname as text) as name, n.nspowner, n.nspacl,
        case
          when n.nspname ~ '^t_[a-z0-9]{16,32}$' then 'tenant'
          when n.nspname ~ '^p_[a-z][a-z0-9]{0,19}$' then 'pool'
          when n.nspname in ('shared', 'site', 'catalog', 'tenantry', 'tenantry_reference', 'public') then cast(n.nspname as text)
          else 'other'
        end as kind
      from pg_catalog.pg_namespace n
      where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    ) named
  )`;

/** SQL: who can repair what a role owns. The provisioner has the rights of all roles that it made, and of no other. */
export function repairedBy(owner: string): string {
  return `case when ${owner} in ${ownedKinds} then 'platform_provisioner' else 'administrator' end`;
}

/** SQL: the statement that sets right how rows of the pool's schema `s` are deleted, and which rights its tenants have on whole tables. */
export const sealPool = `format('select tenantry.seal_pool(%L, %L, %L)', s.name, s.owner_name, s.user_name)`;
