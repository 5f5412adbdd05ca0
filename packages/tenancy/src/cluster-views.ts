/** Whether a cluster takes new tenants: one that is `closed` keeps those that it has. */
export type ClusterStatus = 'active' | 'closed';

/** A cluster as operators see it. */
export interface ClusterView {
  readonly id: string;
  readonly arn: string;
  /** The database that its tenants share. */
  readonly database: string;
  readonly status: ClusterStatus;
  /** Tenants that have a place on it. */
  readonly tenants: number;
  /** Most tenants that it takes. */
  readonly capacity: number;
  /** Most tenants that a run works on at once; null leaves it to the run. */
  readonly concurrency: number | null;
  /** The stack that it is part of, which is for one tenant alone; null for a cluster that takes tenants. */
  readonly stack: string | null;
  /** ISO 8601 in UTC. */
  readonly addedAt: string;
}

/** What the control function can be asked about clusters. */
export interface ClusterListActions {
  /** The home cluster first, the others by name. */
  'list-clusters': {
    readonly input: Record<string, never>;
    readonly result: { readonly clusters: readonly ClusterView[] };
  };
  /** Changes what is given; of a cluster that is for one tenant alone only `concurrency`. A capacity below the number of its tenants only keeps further ones out. */
  'set-cluster': {
    readonly input: {
      readonly cluster: string;
      readonly capacity?: number;
      /** Null leaves it to the run. */
      readonly concurrency?: number | null;
      readonly status?: ClusterStatus;
      readonly actor: string;
    };
    readonly result: { readonly cluster: ClusterView };
  };
}

/** What the function `clusters` can be asked: it alone logs in as the administrator of further clusters. */
export interface ClusterActions {
  /** Prepares a cluster and enters it into the catalog; the same again repairs what is missing. */
  'add-cluster': {
    readonly input: {
      readonly cluster: string;
      readonly arn: string;
      /** The secret of the cluster's master user. */
      readonly adminSecretArn: string;
      /** @default 'tenantry' */
      readonly database?: string;
      readonly capacity?: number;
      readonly concurrency?: number;
      readonly actor: string;
    };
    readonly result: { readonly cluster: ClusterView };
  };
}
