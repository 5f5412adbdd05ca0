import type { Generated, GeneratedAlways, JSONColumnType, Kysely } from 'kysely';
import type { TenantFailure } from '../lifecycle.ts';
import type { MigrationFailure } from '../errors.ts';
import type { TenantFields, TenantStatus } from '../tenant.ts';

/** The catalog's tables as Kysely sees them. Times are `Date`, counts and numbers `number`, identities `bigint`. */
export interface CatalogSchema {
  clusters: { id: string; resource_arn: string; database: string; created_at: Generated<Date> };
  tenants: TenantTable;
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
  routes: RouteView;
}

interface TenantTable {
  id: string;
  slug: string;
  name: string;
  isolation: string;
  status: TenantStatus;
  status_since: Generated<Date>;
  cluster_id: string;
  secret_arn: string | null;
  version: string | null;
  migrations_hash: string | null;
  fields: JSONColumnType<TenantFields>;
  attempt: Generated<number>;
  execution: string | null;
  failure: JSONColumnType<TenantFailure> | null;
  created_by: string;
  created_at: Generated<Date>;
}

interface RunTable {
  id: string;
  hash: string;
  selection_key: string;
  reason: 'deploy' | 'operator';
  actor: string;
  status: 'running' | 'succeeded' | 'failed';
  max_failures: Generated<number>;
  total: number;
  failure: JSONColumnType<TenantFailure> | null;
  started_at: Generated<Date>;
  ended_at: Date | null;
}

/** Why a tenant's part of a run failed: where in the migration, when it got that far, and the error's text. */
export type RunItemError = Partial<MigrationFailure> & { readonly message: string };

interface RunItemTable {
  run_id: string;
  tenant_id: string;
  wave: number;
  status: Generated<'pending' | 'migrated' | 'failed' | 'skipped'>;
  from_version: string | null;
  to_version: string | null;
  attempt: Generated<number>;
  started_at: Date | null;
  ended_at: Date | null;
  duration_ms: number | null;
  error: JSONColumnType<RunItemError> | null;
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

interface RouteView {
  host: string;
  tenant_id: string;
  slug: string;
  name: string;
  isolation: string;
  status: TenantStatus;
  fields: JSONColumnType<TenantFields>;
  secret_arn: string;
  cluster_arn: string;
  database: string;
  primary_host: string;
}

/**
 * A Kysely on the catalog: as `catalog_writer` for workflows and control plane, as `catalog_reader` for requests. It qualifies tables
 * with schema `catalog`; raw SQL must name the schema itself.
 */
export type CatalogDb = Kysely<CatalogSchema>;
