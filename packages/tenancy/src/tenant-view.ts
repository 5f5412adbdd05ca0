import type { PostgresServer } from './customer-database.ts';
import type { TenantFailure } from './lifecycle.ts';

/** A tenant as operators see it; dates are ISO 8601 in UTC. */
export interface TenantView {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly status: string;
  readonly isolation: string;
  /** Whose tables it shares; null unless its isolation is `table`. */
  readonly pool: string | null;
  /** Name of the cluster on which it has its place. */
  readonly cluster: string;
  /** The stack with the cluster and application that only it has; null unless its isolation is `dedicated`. */
  readonly stack: string | null;
  /** The database that only it has; null unless its isolation is `database`. */
  readonly database: TenantDatabaseView | null;
  /** All host names, the primary one first. */
  readonly domains: readonly string[];
  /** Id of the last applied tenant migration, `polls/0001_initial`; null before the first. */
  readonly version: string | null;
  readonly fields: Readonly<Record<string, string | number | boolean>>;
  readonly createdAt: string;
  readonly statusSince: string;
  readonly failure: TenantFailure | null;
  /** Why it is not served; null unless it is suspended. */
  readonly suspension: TenantSuspension | null;
  /** Name of the execution that holds it or held it last; null before the first. */
  readonly execution: string | null;
}

/** Why a tenant is not served. */
export interface TenantSuspension {
  readonly reason: string;
  /** Who suspended it. */
  readonly actor: string;
  /**
   * `closed` when it has no right and no session left. `closing` and `opening` while a workflow takes its rights away or gives them back, and
   * after a failed one until it is run again.
   */
  readonly phase: 'closing' | 'closed' | 'opening';
}

/** A database that only one tenant has. */
export interface TenantDatabaseView {
  readonly name: string;
  /** The server that its customer brought along; null for a database on the tenant's cluster. */
  readonly server: {
    readonly host: string;
    readonly port: number;
    readonly tls: PostgresServer['tls'];
    /** The login that the customer gave. */
    readonly user: string;
    /** ARN of the secret with its password. */
    readonly secretArn: string;
  } | null;
}

/** One tenant's place in the migrations. */
export interface TenantVersionView {
  readonly slug: string;
  readonly status: string;
  readonly isolation: string;
  /** Whose tables it shares, and with that its version. */
  readonly pool: string | null;
  readonly version: string | null;
  /** True also for a tenant without tables. */
  readonly isCurrent: boolean;
}
