/** Where migrations can be applied: the schemas that exist once, and those of tenants. */
export type TargetScope = 'shared' | 'site' | 'tenant';

/**
 * Which schemas a fleet command works on. Nothing is ever selected by leaving things out: at least one of `all`, `tenants`, `where`,
 * `behind`, `failedIn` and `sample` must be said, or `scopes` without `tenant`. What is said together must hold together.
 */
export interface TargetSelector {
  /** @default - tenants only */
  readonly scopes?: readonly TargetScope[];
  readonly all?: true;
  /** Slugs or ids. */
  readonly tenants?: readonly string[];
  /** `status`, `isolation`, `pool`, `cluster`, `version`, or a field of the application such as `plan`; the value must be equal. */
  readonly where?: Readonly<Record<string, string>>;
  /** `true`: behind the newest migration; an id: without that migration. */
  readonly behind?: true | string;
  /** Id of a run: the tenants that failed in it. */
  readonly failedIn?: string;
  /** So many of the rest, the same ones each time. */
  readonly sample?: number;
  /** Slugs or ids. */
  readonly exclude?: readonly string[];
}

/** One schema that a selector picks. */
export interface TargetView {
  readonly scope: TargetScope;
  /** A tenant's slug, or the name of a schema that exists once. */
  readonly name: string;
  /** Null for a schema that exists once. */
  readonly tenantId: string | null;
  readonly status: string;
  readonly isolation: string;
  /** Whose tables it shares; null unless its isolation is `table`. */
  readonly pool: string | null;
  readonly cluster: string;
  readonly version: string | null;
  readonly host: string | null;
}

/** A tenant that a selector means but nothing can be done to now. */
export interface LeftOutTarget {
  readonly name: string;
  readonly reason: string;
  /** The command that changes that, where there is one. */
  readonly next?: string;
  /** It is ready and has no tables, so that nothing is ever to be done to it. */
  readonly hasNoTables?: true;
}

/** What a selector picks, and whom it leaves out although it names them or they would match but for their state. */
export interface TargetsView {
  readonly targets: readonly TargetView[];
  /** Tenants there are, picked or not. */
  readonly total: number;
  readonly leftOut: readonly LeftOutTarget[];
}
