import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Duration, RemovalPolicies, RemovalPolicy, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { roleSecretKeys } from '../../functions/environment.ts';
import { resourceName } from '../platform.ts';
import { PlatformSecrets } from './platform-secrets.ts';
import type { PlatformRole } from './platform-secrets.ts';

/** Properties of `TenantDatabase`. */
export interface TenantDatabaseProps {
  /** Name of the deployment. */
  readonly stage: string;
  /** Most Aurora capacity units the cluster may scale to. */
  readonly maxCapacity: number;
}

const engine = rds.DatabaseClusterEngine.auroraPostgres({
  version: rds.AuroraPostgresEngineVersion.VER_17_9,
});

/**
 * The home cluster: Aurora PostgreSQL 17 Serverless v2 in a network that nothing enters or leaves, reached through the RDS Data API
 * only. Cluster, network and secrets stay when the stack is deleted.
 */
export class TenantDatabase extends Construct {
  /** The database that holds catalog, shared schema and tenants' schemas. */
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
    this.secrets = new PlatformSecrets(this, 'secrets', {
      prefix: `tenantry/${props.stage}/platform`,
      roles: Object.keys(roleSecretKeys) as PlatformRole[],
    });
    // A cluster that stays needs its network and parameters, too.
    RemovalPolicies.of(this).retain();
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
    const name = resourceName(props.stage, 'home');
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
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    cluster.node.addDependency(logs);
    Validations.of(cluster).acknowledge({
      id: 'AwsSolutions-RDS11',
      reason: 'Nothing can reach the port, whatever its number: all access is over the Data API.',
    });
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
