/** What the project says about itself in `tenantry.config.ts`; all paths count from that file's folder. */
export interface TenantryConfig {
  /** Folders that hold `<scope>/<module>/<number>_<name>.sql|.ts`, the platform's own first. */
  readonly migrations: readonly string[];
  /** Folder for the generated types of the tables. */
  readonly types: string;
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
