import type { RunItemView } from './run-views.ts';

/** A danger in a migration that a person should know. */
export interface MigrationRisk {
  /** Kebab-case name of the rule. */
  readonly rule: string;
  readonly migration: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly message: string;
  /** What to do instead. */
  readonly advice: string;
  readonly severity: 'error' | 'warning';
}

/** Tables that several tenants share: what is done to those of one is done for all of them. */
export interface PoolView {
  readonly name: string;
  /** Tenants that share it. */
  readonly tenants: number;
}

/** A tenant's past. */
export interface TenantHistoryView {
  readonly slug: string;
  /** Whose past it is; null for a tenant with tables of its own. */
  readonly pool: PoolView | null;
  readonly ledger: readonly {
    readonly id: string;
    readonly checksum: string;
    readonly appliedAt: string;
    readonly milliseconds: number | null;
    readonly run: string | null;
    /** How the row came: by running, or by hand. */
    readonly how: 'applied' | 'marked' | 'baseline';
  }[];
  readonly runs: readonly RunItemView[];
}

/** One difference between what a tenant should look like and what it looks like. */
export interface CheckFinding {
  readonly slug: string;
  readonly tenantId: string;
  /** `column polls.question`, `index polls_created_idx`, `migration polls/0002_accounts`. */
  readonly object: string;
  readonly difference: 'missing' | 'unexpected' | 'different' | 'checksum' | 'unknown';
  readonly expected: string | null;
  readonly actual: string | null;
}

/** A tenant of which the catalog knew something else than its own ledger says. */
export interface VersionCorrection {
  readonly slug: string;
  readonly tenantId: string;
  /** Whose tables it shares; null for a tenant with tables of its own. */
  readonly pool: string | null;
  /** Last migration that the catalog knew. */
  readonly from: string | null;
  /** Last migration of the ledger. */
  readonly to: string | null;
  /** Migrations that the ledger lacks. */
  readonly pending: number;
}

/** A tenant whose ledger could not be read. */
export interface UnreadTenant {
  readonly slug: string;
  readonly tenantId: string;
  readonly reason: string;
}
