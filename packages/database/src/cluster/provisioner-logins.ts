import type { QueryExecutorProvider } from 'kysely';

/** As `platform_provisioner`: the shared database of a cluster, and any other one of it. */
export interface ProvisionerLogins {
  readonly home: QueryExecutorProvider;
  readonly openDatabase: (database: string) => QueryExecutorProvider;
}
