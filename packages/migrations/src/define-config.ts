import type { TenantDb } from '@tenantry/database';
import type { Tenant } from '@tenantry/tenancy';

/** The administrator that a tenant is to get. */
export interface NewAdmin<Tables = never> {
  /** The tenant's own tables, logged in as the tenant. */
  readonly db: TenantDb<Tables>;
  readonly tenant: Pick<Tenant, 'id' | 'slug' | 'name'>;
  /** User name or mail address, as it was given. */
  readonly name: string;
  readonly password: string;
}

/** Makes an administrator, or gives one that is there the new password. Throws `TenantInputError` for what the application does not take. */
export type CreateAdmin<Tables = never> = (admin: NewAdmin<Tables>) => Promise<void>;

/** What the project says about itself in `tenantry.config.ts`; all paths count from that file's folder. */
export interface TenantryConfig {
  /** Folders that hold `<scope>/<module>/<number>_<name>.sql|.ts`, the platform's own first. */
  readonly migrations: readonly string[];
  /** Folder for the generated types of the tables. */
  readonly types: string;
  /**
   * Module whose default export, a `CreateAdmin`, makes a tenant's administrator for `tenantry admin create`.
   * @default - the command is refused
   */
  readonly onCreateAdmin?: string;
}

/**
 * The configuration as it is given, checked by the compiler.
 *
 * @example
 * export default defineConfig({ migrations: ['packages/polls/migrations'], types: 'packages/polls/src/generated' });
 */
export function defineConfig(config: TenantryConfig): TenantryConfig {
  return config;
}
