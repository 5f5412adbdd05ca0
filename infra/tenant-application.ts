import {
  ArnFormat,
  CfnParameter,
  DefaultStackSynthesizer,
  RemovalPolicy,
  Stack,
  Validations,
} from 'aws-cdk-lib/core';
import type { IStackSynthesizer } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { furtherClusterRoles } from '../functions/environment.ts';
import { addOutputs } from './add-outputs.ts';
import { FurtherClusters } from './constructs/further-clusters.ts';
import { HostApi } from './constructs/host-api.ts';
import { applicationFunction } from './constructs/tenant-api.ts';
import { TenantCaches } from './constructs/tenant-caches.ts';
import { TenantDatabase } from './constructs/tenant-database.ts';
import { TenantFunction } from './constructs/tenant-function.ts';
import type { FunctionCode } from './function-code.ts';
import { applicationName, baseDomainOf, clusterSecretPrefix, homeClusterName } from './platform.ts';
import type { PlatformSettings } from './settings.ts';

/** Properties of `TenantApplication`. */
export interface TenantApplicationProps extends Omit<PlatformSettings, 'clusters'> {
  /** Where the functions' code comes from. */
  readonly code: FunctionCode;
}

/**
 * What a dedicated tenant has for itself: a cluster in a network of its own, the application at the tenant's host with the tenant's login and
 * no other, and its cache. Synthesized once with each build; the workflow `create-tenant` makes a stack of it for each such tenant, and
 * nothing of it stays when that stack is deleted.
 */
export class TenantApplication extends Stack {
  private readonly props: TenantApplicationProps;
  private readonly tenantId = this.addParameter('TenantId', 'Id of the tenant');
  private readonly host = this.addParameter('Host', 'First domain of the tenant');
  private readonly tenantSecretArn = this.addParameter('TenantSecretArn', 'Secret of its login');

  constructor(scope: Construct, id: string, props: TenantApplicationProps) {
    super(scope, id, {
      description: 'Cluster and application of one dedicated tenant',
      // What makes the stacks need not read the parameter that this rule looks at.
      synthesizer: new DefaultStackSynthesizer({
        generateBootstrapVersionRule: false,
      }) as IStackSynthesizer,
    });
    this.props = props;
    Validations.of(this).acknowledge({
      id: 'CloudFormation-Validate::W2509',
      reason: 'The parameter TenantSecretArn is the name of a secret; its value is in no template.',
    });
    const name = applicationName(props.stage, this.tenantId);
    const database = this.addDatabase(name);
    const handler = this.addHandler(database, `${name}-api`);
    const api = this.addApi(handler, database);
    // oxlint-disable-next-line no-new -- a construct adds itself to its stack
    new TenantCaches(this, 'cache', {
      tableName: `${name}-cache`,
      roleName: `${name}-cache`,
      removalPolicy: RemovalPolicy.DESTROY,
      usedBy: [handler],
    });
    addOutputs(this, {
      ClusterArn: database.clusterArn,
      AdminSecretArn: database.adminSecretArn,
      ApiEndpoint: api.endpoint,
      FunctionName: handler.function.functionName,
      DnsTarget: api.dnsTarget,
    });
  }

  private addParameter(name: string, description: string): string {
    return new CfnParameter(this, name, { description }).valueAsString;
  }

  private addDatabase(name: string): TenantDatabase {
    const { stage, maxCapacity } = this.props;
    return new TenantDatabase(this, 'database', {
      name,
      maxCapacity,
      secrets: {
        prefix: clusterSecretPrefix(stage, this.tenantId),
        roles: furtherClusterRoles,
      },
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  private addHandler(database: TenantDatabase, roleName: string): TenantFunction {
    const { stage, domain, code } = this.props;
    const baseDomain = baseDomainOf(domain);
    const clusters = new FurtherClusters(this, 'clusters', { stage, clusters: [] });
    const homeClusterArn = this.homeClusterArn();
    const handler = new TenantFunction(this, 'handler', {
      platform: { stage, baseDomain, database, clusters, code },
      ...applicationFunction,
      name: `t-${this.tenantId}-api`,
      roleName,
      logsInAs: [],
      environment: {
        baseDomain,
        tenantId: this.tenantId,
        tenantSecretArn: this.tenantSecretArn,
        homeClusterArn,
        homeDatabase: database.databaseName,
      },
    });
    handler.allowDataApi(homeClusterArn);
    handler.allow(['secretsmanager:GetSecretValue'], this.tenantSecretArn);
    // An application starts when its cluster answers.
    handler.function.node.addDependency(database);
    return handler;
  }

  private addApi(handler: TenantFunction, liveAfter: TenantDatabase): HostApi {
    const { stage, certificateArn } = this.props;
    return new HostApi(this, 'api', {
      stage,
      name: `t-${this.tenantId}-api`,
      handler,
      liveAfter,
      ...(certificateArn !== undefined && { host: { name: this.host, certificateArn } }),
    });
  }

  private homeClusterArn(): string {
    return this.formatArn({
      service: 'rds',
      resource: 'cluster',
      resourceName: homeClusterName(this.props.stage),
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }
}
