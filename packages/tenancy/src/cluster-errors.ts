import { TenancyError } from './errors.ts';

/** No cluster of the catalog has this name; `known` lists those that it has. */
export class ClusterNotFoundError extends TenancyError {
  override readonly name = 'ClusterNotFoundError';
  readonly code = 'CLUSTER_NOT_FOUND';
  readonly cluster: string;
  readonly known: readonly string[];

  constructor(cluster: string, known: readonly string[]) {
    super(`No cluster "${cluster}". There are: ${known.join(', ')}.`, {
      next: 'tenantry cluster list',
    });
    this.cluster = cluster;
    this.known = known;
  }
}

/** A cluster takes no further tenant, or none does (`cluster` is null then); `reason` says why. */
export class ClusterFullError extends TenancyError {
  override readonly name = 'ClusterFullError';
  readonly code = 'CLUSTER_FULL';
  readonly cluster: string | null;
  readonly reason: string;

  constructor(cluster: string | null, reason: string) {
    const subject = cluster === null ? 'No cluster' : `Cluster "${cluster}"`;
    const verb = cluster === null ? 'takes a further tenant' : 'takes no further tenant';
    super(`${subject} ${verb}: ${reason}.`, {
      next:
        cluster === null
          ? 'tenantry cluster add NAME --arn ARN --admin-secret ARN'
          : `tenantry cluster set ${cluster} --capacity NUMBER`,
    });
    this.cluster = cluster;
    this.reason = reason;
  }
}

/** A cluster's name or ARN is in the catalog already, and the other of the two differs. */
export class ClusterExistsError extends TenancyError {
  override readonly name = 'ClusterExistsError';
  readonly code = 'CLUSTER_EXISTS';
  readonly cluster: string;

  constructor(cluster: string, arn: string) {
    super(`Cluster "${cluster}" is in the catalog already, with the ARN ${arn}.`, {
      next: 'tenantry cluster list',
    });
    this.cluster = cluster;
  }
}

/** The deployment has no rights on a cluster, because its context does not name it. */
export class ClusterNotDeclaredError extends TenancyError {
  override readonly name = 'ClusterNotDeclaredError';
  readonly code = 'CLUSTER_NOT_DECLARED';
  readonly cluster: string;

  constructor(cluster: string, reason: string, cause?: unknown) {
    super(
      `The deployment may not work on cluster "${cluster}": ${reason}. Its name and both ARNs belong into the context "clusters".`,
      {
        cause,
        next: `add {"id": "${cluster}", "arn": "ARN", "adminSecretArn": "ARN"} to "clusters" in cdk.json, then npx cdk deploy`,
      },
    );
    this.cluster = cluster;
  }
}
