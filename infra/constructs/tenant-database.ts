import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Duration, RemovalPolicies, RemovalPolicy, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { PlatformSecrets } from './platform-secrets.ts';
import type { PlatformSecretsProps } from './platform-secrets.ts';

/** Properties of `TenantDatabase`. */
export interface TenantDatabaseProps {
  /** Identifier of the cluster. */
  readonly name: string;
  /** Most Aurora capacity units the cluster may scale to. */
  readonly maxCapacity: number;
  /** The platform's roles there and what their secrets are called. */
  readonly secrets: PlatformSecretsProps;
  /** What becomes of cluster, network and secrets when the stack is deleted; a cluster that stays is protected from deletion, too. */
  readonly removalPolicy: RemovalPolicy.RETAIN | RemovalPolicy.DESTROY;
}

const engine = rds.DatabaseClusterEngine.auroraPostgres({
  version: rds.AuroraPostgresEngineVersion.VER_17_9,
});

/**
 * A cluster for tenants: Aurora PostgreSQL 17 Serverless v2 in a network of its own that nothing enters or leaves, reached through the RDS
 * Data API only.
 */
export class TenantDatabase extends Construct {
  /** The database that holds tenants' schemas, and at home catalog and shared schema. */
  readonly databaseName = 'tenantry';
  readonly clusterArn: string;
  /** Secret of the cluster's master user, made and rotated by RDS. */
  readonly adminSecretArn: string;
  readonly secrets: PlatformSecrets;

  constructor(scope: Construct, id: string, props: TenantDatabaseProps) {
    super(scope, id);
    const cluster = this.addCluster(props, this.addNetwork());
    this.clusterArn = cluster.clusterArn;
    if (cluster.secret === undefined) throw new Error('the cluster has no master secret');
    this.adminSecretArn = cluster.secret.secretArn;
    this.secrets = new PlatformSecrets(this, 'secrets', props.secrets);
    // A cluster that stays needs its network and parameters, too.
    RemovalPolicies.of(this).apply(props.removalPolicy);
  }

  private addNetwork(): ec2.Vpc {
    const network = new ec2.Vpc(this, 'network', {
      maxAzs: 2,
      natGateways: 0,
      // Nothing uses the default group, and emptying it takes a helper function with rights on the network.
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        { name: 'database', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
      ],
    });
    Validations.of(network).acknowledge({
      id: 'AwsSolutions-VPC7',
      reason:
        'The subnets have no route out and no security group lets anything in: there is no flow to log.',
    });
    return network;
  }

  private addCluster(props: TenantDatabaseProps, vpc: ec2.Vpc): rds.DatabaseCluster {
    const { name, removalPolicy } = props;
    const logs = new LogGroup(this, 'logs', {
      logGroupName: `/aws/rds/cluster/${name}/postgresql`,
      retention: RetentionDays.ONE_MONTH,
    });
    const cluster = new rds.DatabaseCluster(this, 'cluster', {
      engine,
      clusterIdentifier: name,
      writer: rds.ClusterInstance.serverlessV2('writer', { instanceIdentifier: `${name}-writer` }),
      // Never 0: a paused cluster takes half a minute to answer its first request.
      serverlessV2MinCapacity: 0.5,
      serverlessV2MaxCapacity: props.maxCapacity,
      vpc: vpc as ec2.IVpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
      parameterGroup: this.addParameters(),
      credentials: rds.Credentials.fromUsername('tenantry_admin'),
      manageMasterUserPassword: true,
      defaultDatabaseName: this.databaseName,
      enableDataApi: true,
      iamAuthentication: true,
      storageEncrypted: true,
      copyTagsToSnapshot: true,
      cloudwatchLogsExports: ['postgresql'],
      backup: { retention: Duration.days(14) },
      deletionProtection: removalPolicy === RemovalPolicy.RETAIN,
      removalPolicy,
    });
    cluster.node.addDependency(logs);
    acknowledgeFindings(cluster, removalPolicy);
    return cluster;
  }

  private addParameters(): rds.ParameterGroup {
    return new rds.ParameterGroup(this, 'parameters', {
      engine,
      description: 'Encrypted connections only; only members of rds_password set passwords.',
      parameters: { 'rds.force_ssl': '1', 'rds.restrict_password_commands': '1' },
    });
  }
}

function acknowledgeFindings(cluster: rds.DatabaseCluster, removalPolicy: RemovalPolicy): void {
  Validations.of(cluster).acknowledge({
    id: 'AwsSolutions-RDS11',
    reason: 'Nothing can reach the port, whatever its number: all access is over the Data API.',
  });
  if (removalPolicy === RemovalPolicy.RETAIN) return;
  Validations.of(cluster).acknowledge({
    id: 'AwsSolutions-RDS10',
    reason:
      'The stack is protected from termination; the cluster goes with it when the tenant is deleted.',
  });
}
