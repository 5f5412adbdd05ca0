import { RemovalPolicies } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { furtherClusterRoles } from '../../functions/environment.ts';
import type { DeclaredCluster } from '../declared-clusters.ts';
import { clusterSecretPrefix } from '../platform.ts';
import { PlatformSecrets } from './platform-secrets.ts';
import type { PlatformRole } from './platform-secrets.ts';

/** Properties of `FurtherClusters`. */
export interface FurtherClustersProps {
  /** Name of the deployment. */
  readonly stage: string;
  /** The clusters besides the home one. */
  readonly clusters: readonly DeclaredCluster[];
}

/**
 * Clusters that somebody else made and that hold tenants as well: a secret for each of the platform's roles there, named
 * `tenantry/<stage>/cluster/<id>/<role>`, and the ARNs that rights are given on. `tenantry cluster add` prepares a cluster.
 */
export class FurtherClusters extends Construct {
  readonly clusterArns: readonly string[];
  /** The secrets of the clusters' master users. */
  readonly adminSecretArns: readonly string[];
  private readonly secrets: readonly PlatformSecrets[];

  constructor(scope: Construct, id: string, props: FurtherClustersProps) {
    super(scope, id);
    this.clusterArns = props.clusters.map(({ arn }) => arn);
    this.adminSecretArns = props.clusters.map(({ adminSecretArn }) => adminSecretArn);
    this.secrets = props.clusters.map((cluster) => {
      const prefix = clusterSecretPrefix(props.stage, cluster.id);
      return new PlatformSecrets(this, cluster.id, { prefix, roles: furtherClusterRoles });
    });
    RemovalPolicies.of(this).retain();
  }

  /** The ARNs of these roles' secrets on all clusters; a role that is on the home cluster only has none. */
  secretArnsOf(roles: readonly PlatformRole[]): readonly string[] {
    const here = roles.filter((role) => (furtherClusterRoles as readonly string[]).includes(role));
    return this.secrets.flatMap((secrets) => here.map((role) => secrets.arnOf(role)));
  }
}
