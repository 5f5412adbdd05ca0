import { ownerNameOf, schemaNameOf, type TenantId } from '@tenantry/tenancy';
import { migratorNameOf } from '../customer/customer-roles.ts';
import { referenceSchema } from '../cluster/reference-schema.ts';

/** A tenant's place on a customer's server, by the names in it. */
export interface CustomerNames {
  readonly id: TenantId;
  /** The login that the customer gave. */
  readonly login: string;
}

/**
 * SQL: all roles of a customer's server as `role`, as `roleNames` has those of a cluster: this tenant's three, the customer's own login
 * (and the database's owner, which it acts as), roles of other tenants, which are strangers here, and everybody else.
 */
export function customerRoleNames({ id, login }: CustomerNames): string {
  return `role as materialized (
    select cast(r.rolname as text) as name,
      case
        when r.rolname = '${schemaNameOf(id)}' then 'tenant'
        when r.rolname = '${ownerNameOf(id)}' then 'owner'
        when r.rolname = '${migratorNameOf(id)}' then 'migrator'
        when r.rolname in ('${login.replaceAll("'", "''")}', 'pg_database_owner') then 'customer'
        when r.rolname ~ '^[tom]_[a-z0-9]{16,32}$' then 'stranger'
        else 'other'
      end as kind, r.*
    from pg_catalog.pg_roles r
  )`;
}

/** SQL: the schemas that the platform has in a customer's database, and `public`, as `schemaNames` has those of a cluster. */
export function customerSchemaNames({ id }: Pick<CustomerNames, 'id'>): string {
  const [user, owner, migrator] = [schemaNameOf(id), ownerNameOf(id), migratorNameOf(id)];
  const { schema: reference } = referenceSchema;
  return `schema as materialized (
    select n.oid, cast(n.nspname as text) as name, n.nspowner, n.nspacl,
      case n.nspname when '${user}' then 'tenant' else cast(n.nspname as text) end as kind,
      case n.nspname when '${user}' then '${owner}' when '${reference}' then '${owner}' when 'tenantry' then '${migrator}' end as owner_name,
      case when n.nspname in ('${user}', '${reference}') then '${user}' end as user_name
    from pg_catalog.pg_namespace n where n.nspname in ('${user}', '${reference}', 'tenantry', 'public')
  )`;
}
