import type { Generated, GeneratedAlways, JSONColumnType, Kysely } from 'kysely';
import type { PostgresServer } from '../customer-database.ts';
import type { ClusterStatus } from '../cluster-views.ts';
import type { AuditFinding } from '../audit-views.ts';
import type { CreateTenantRequest, TenantFailure } from '../lifecycle.ts';
import type { MigrationFailure } from '../migration-errors.ts';
import type { VersionCorrection } from '../migration-views.ts';
import type { RunChange, RunPace, RunStatus } from '../fleet.ts';
import type { LeftOutTarget, TargetSelector } from '../targets.ts';
import type { TenantSuspension } from '../tenant-view.ts';
import type { TenantFields, TenantStatus } from '../tenant.ts';

/** The catalog's tables as Kysely sees them. Times are `Date`, counts and numbers `number`, identities `bigint`. */
export interface CatalogSchema {
  clusters: ClusterTable;
  tenants: TenantTable;
  customer_databases: CustomerDatabaseTable;
  domains: { host: string; tenant_id: string; is_primary: boolean; created_at: Generated<Date> };
  static_schemas: {
    name: string;
    version: string | null;
    migrations_hash: string;
    updated_at: Generated<Date>;
  };
  releases: { number: GeneratedAlways<bigint>; hash: string; released_at: Generated<Date> };
  runs: RunTable;
  run_executions: { execution: string; run_id: string };
  run_items: RunItemTable;
  audit: AuditTable;
  creations: CreationTable;
  creation_items: CreationItemTable;
  routes: RouteView;
  /** The same for a tenant's own login: the rows of no other one. */
  own_routes: RouteView;
  audit_runs: AuditRunTable;
  audit_findings: AuditFindingTable;
}

interface ClusterTable {
  id: string;
  resource_arn: string;
  database: string;
  created_at: Generated<Date>;
  /** Null for the home cluster, whose secrets the functions have in their environment. */
  migrator_secret_arn: string | null;
  indexer_secret_arn: string | null;
  /** Most tenants that a run works on at once; null leaves it to the run. */
  concurrency: number | null;
  /** Most tenants that it takes. */
  capacity: Generated<number>;
  status: Generated<ClusterStatus>;
  provisioner_secret_arn: string | null;
  auditor_secret_arn: string | null;
  admin_secret_arn: string | null;
  /** The only tenant that it is for; null for one that takes tenants. */
  tenant_id: string | null;
  /** The stack that it is part of, with the application of that tenant. */
  stack: string | null;
}

interface CustomerDatabaseTable {
  tenant_id: string;
  host: string;
  port: number;
  name: string;
  tls: PostgresServer['tls'];
  tls_ca: string | null;
  /** The login that the customer gave. */
  username: string;
  admin_secret_arn: string;
  migrator_secret_arn: string | null;
  is_new: boolean;
  /** Whether the platform set out to make anything at the server. */
  is_begun: Generated<boolean>;
  /** Whether the platform set out to make the database. */
  is_ours: Generated<boolean>;
}

interface TenantTable {
  id: string;
  slug: string;
  name: string;
  isolation: string;
  status: TenantStatus;
  status_since: Generated<Date>;
  cluster_id: string;
  /** The one that only this tenant has; null where it shares the cluster's. */
  database: GeneratedAlways<string | null>;
  /** The tables that it shares, on its cluster; of isolation `table` only. */
  pool: string | null;
  secret_arn: string | null;
  version: string | null;
  /** Hash of the scope's migrations when all of them are there; null when that is not known. */
  migrations_hash: string | null;
  /** Of the schema as it was at `checked_at`; null after every change. */
  fingerprint: string | null;
  checked_at: Date | null;
  fields: JSONColumnType<TenantFields>;
  attempt: Generated<number>;
  execution: string | null;
  failure: JSONColumnType<TenantFailure> | null;
  /** Null for a tenant that is not suspended. */
  suspension: JSONColumnType<TenantSuspension> | null;
  created_by: string;
  created_at: Generated<Date>;
}

interface RunTable {
  id: string;
  hash: string;
  selection_key: string;
  reason: 'deploy' | 'operator';
  actor: string;
  status: RunStatus;
  /** Failures the run bears; null for any number. */
  max_failures: number | null;
  total: number;
  failure: JSONColumnType<TenantFailure> | null;
  selector: JSONColumnType<TargetSelector>;
  change: JSONColumnType<RunChange>;
  pace: JSONColumnType<RunPace>;
  /** Checksums of the tenant migrations the run works with, by id. */
  migrations: JSONColumnType<Readonly<Record<string, string>>>;
  static_results: JSONColumnType<readonly StaticResult[]>;
  left_out: JSONColumnType<readonly LeftOutTarget[]>;
  /** Whether each tenant's own ledger says whom the run is for. */
  is_verified: Generated<boolean>;
  /** The first ones of whom the catalog knew something else than their ledgers. */
  corrected: JSONColumnType<readonly VersionCorrection[], string | undefined>;
  retry_of: string | null;
  start_at: Date | null;
  /** When the set of tenants was fixed; null before. */
  frozen_at: Date | null;
  started_at: Generated<Date>;
  ended_at: Date | null;
}

/** What a run did to one of the schemas that exist once. */
export interface StaticResult {
  readonly scope: 'shared' | 'site';
  readonly applied: readonly string[];
}

/** Why a tenant's part of a run failed: where in the migration, when it got that far, and the error's text. */
export type RunItemError = Partial<MigrationFailure> & { readonly message: string };

interface RunItemTable {
  run_id: string;
  tenant_id: string;
  cluster_id: string;
  wave: number;
  status: Generated<'pending' | 'working' | 'migrated' | 'failed' | 'skipped'>;
  from_version: string | null;
  to_version: string | null;
  /** Ids applied or taken back, in order. */
  applied: Generated<string[]>;
  attempt: Generated<number>;
  /** The worker's place in the run, `<cluster>/<number>`. */
  worker: string | null;
  /** The one process that has the tenant. */
  holder: string | null;
  /** When others may take the tenant from a holder that gave no sign. */
  lease_until: Date | null;
  started_at: Date | null;
  ended_at: Date | null;
  duration_ms: number | null;
  error: JSONColumnType<RunItemError> | null;
}

interface CreationTable {
  id: string;
  content_key: string;
  actor: string;
  status: Generated<'running' | 'succeeded' | 'failed'>;
  execution: string | null;
  total: number;
  started_at: Generated<Date>;
  ended_at: Date | null;
}

interface CreationItemTable {
  creation_id: string;
  tenant_id: string;
  line: number;
  request: JSONColumnType<CreateTenantRequest>;
  status: Generated<'pending' | 'working' | 'created' | 'failed'>;
  worker: string | null;
  lease_until: Date | null;
  failure: JSONColumnType<TenantFailure> | null;
  ended_at: Date | null;
}

interface AuditTable {
  id: GeneratedAlways<bigint>;
  at: Generated<Date>;
  actor: string;
  action: string;
  tenant_id: string | null;
  run_id: string | null;
  outcome: string;
  details: JSONColumnType<Record<string, unknown>>;
}

interface AuditRunTable {
  id: GeneratedAlways<bigint>;
  started_at: Date;
  ended_at: Date;
  actor: string;
  databases: number;
  tenants: number;
  /** Findings beyond the ones kept. */
  more: number;
}

interface AuditFindingTable {
  audit_run_id: bigint;
  position: number;
  finding: JSONColumnType<AuditFinding>;
}

interface RouteView {
  host: string;
  tenant_id: string;
  slug: string;
  name: string;
  isolation: string;
  status: TenantStatus;
  fields: JSONColumnType<TenantFields>;
  /** Null for isolation `cache`. */
  secret_arn: string | null;
  cluster_arn: string;
  database: string;
  primary_host: string;
  /** Where a customer's database is; null for one that the Data API leads to. */
  server_host: string | null;
  server_port: number | null;
  server_tls: PostgresServer['tls'] | null;
  server_tls_ca: string | null;
  server_database: string | null;
  pool: string | null;
}

/**
 * A Kysely on the catalog: as `catalog_writer` for workflows and control plane, as `catalog_reader` for requests. It qualifies tables
 * with schema `catalog`; raw SQL must name the schema itself.
 */
export type CatalogDb = Kysely<CatalogSchema>;
