import { applicationName, clusterSecretPrefix } from './platform.ts';

/** A right of the role that makes the stacks of dedicated tenants. */
export interface ApplicationRight {
  readonly actions: readonly string[];
  /** ARNs, with `<AWS::Partition>`, `<AWS::Region>` and `<AWS::AccountId>` for what is only known on AWS. */
  readonly resources: readonly string[];
  /** @default - the right holds always */
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Which stacks the rights are for. */
export interface ApplicationRightsOptions {
  /** Name of the deployment. */
  readonly stage: string;
  /**
   * Domain of the tenants' hosts.
   * @default - the tenants' APIs have no host of their own
   */
  readonly domain?: string;
}

/** What it takes to make, change and remove the resources of `TenantApplication`, on names that begin as theirs do where a service has names. */
export function applicationRights(options: ApplicationRightsOptions): ApplicationRight[] {
  const { stage, domain } = options;
  const name = applicationName(stage, '*');
  return [
    ...networkRights(stage),
    ...clusterRights(name),
    ...secretRights(stage),
    ...roleRights(name),
    ...functionRights(name),
    ...cacheRights(name),
    ...apiRights(domain),
    ...logRights(name),
  ];
}

function arn(service: string, resource: string): string {
  return `arn:<AWS::Partition>:${service}:<AWS::Region>:<AWS::AccountId>:${resource}`;
}

function actions(service: string, names: string): string[] {
  return names.split(' ').map((name) => `${service}:${name}`);
}

// Networks have no names; what is removed must carry the tag that all of a tenant's stack has.
function networkRights(stage: string): ApplicationRight[] {
  const types = ['vpc', 'subnet', 'route-table', 'security-group', 'security-group-rule'];
  const parts = types.map((type) => arn('ec2', `${type}/*`));
  const making =
    'CreateVpc CreateSubnet CreateRouteTable CreateSecurityGroup CreateTags DeleteTags ModifyVpcAttribute ModifySubnetAttribute';
  const joining =
    'AssociateRouteTable DisassociateRouteTable ReplaceRouteTableAssociation AuthorizeSecurityGroupEgress RevokeSecurityGroupEgress';
  const removing = 'DeleteVpc DeleteSubnet DeleteRouteTable DeleteSecurityGroup';
  const watching =
    'DescribeVpcs DescribeVpcAttribute DescribeSubnets DescribeRouteTables DescribeSecurityGroups DescribeNetworkAcls DescribeAvailabilityZones DescribeAccountAttributes DescribeInternetGateways DescribeInstances';
  return [
    { actions: actions('ec2', `${making} ${joining}`), resources: parts },
    {
      actions: actions('ec2', removing),
      resources: parts,
      conditions: { StringEquals: { 'aws:ResourceTag/tenantry:stage': stage } },
    },
    { actions: actions('ec2', watching), resources: ['*'] },
  ];
}

function clusterRights(name: string): ApplicationRight[] {
  const own = ['cluster', 'db', 'cluster-pg', 'subgrp'].map((type) =>
    arn('rds', `${type}:${name}`),
  );
  const defaults = ['cluster-pg:default.*', 'pg:default.*', 'og:default:*'];
  const verbs = ['Create', 'Modify', 'Delete'];
  const things = ['DBCluster', 'DBInstance', 'DBClusterParameterGroup', 'DBSubnetGroup'];
  const making = verbs.flatMap((verb) => things.map((thing) => `rds:${verb}${thing}`));
  const more =
    'ResetDBClusterParameterGroup EnableHttpEndpoint DisableHttpEndpoint AddTagsToResource RemoveTagsFromResource ListTagsForResource';
  const watching =
    'DescribeDBClusters DescribeDBInstances DescribeDBSubnetGroups DescribeDBClusterParameterGroups DescribeDBClusterParameters DescribeEngineDefaultClusterParameters DescribeDBEngineVersions DescribeGlobalClusters DescribeEvents';
  return [
    { actions: [...making, ...actions('rds', more)], resources: own },
    {
      actions: actions('rds', 'CreateDBCluster CreateDBInstance ModifyDBCluster ModifyDBInstance'),
      resources: defaults.map((it) => arn('rds', it)),
    },
    { actions: actions('rds', watching), resources: ['*'] },
  ];
}

// It makes and removes secrets and reads none. RDS has the master user's made by who makes the cluster.
function secretRights(stage: string): ApplicationRight[] {
  const making = 'CreateSecret DescribeSecret TagResource';
  const changing = 'UpdateSecret UntagResource DeleteSecret';
  return [
    {
      actions: actions('secretsmanager', `${making} ${changing}`),
      resources: [arn('secretsmanager', `secret:${clusterSecretPrefix(stage, '*')}/*`)],
    },
    {
      actions: actions('secretsmanager', making),
      resources: [arn('secretsmanager', 'secret:rds!cluster-*')],
    },
    { actions: ['secretsmanager:GetRandomPassword'], resources: ['*'] },
    { actions: ['kms:DescribeKey'], resources: [arn('kms', 'key/*')] },
  ];
}

function roleRights(name: string): ApplicationRight[] {
  const role = `arn:<AWS::Partition>:iam::<AWS::AccountId>:role/${name}`;
  const making =
    'CreateRole GetRole UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy DeleteRole TagRole UntagRole';
  const policies =
    'PutRolePolicy GetRolePolicy DeleteRolePolicy ListRolePolicies ListAttachedRolePolicies';
  return [
    { actions: actions('iam', `${making} ${policies}`), resources: [role] },
    {
      actions: ['iam:PassRole'],
      resources: [`${role}-api`],
      conditions: { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
    },
  ];
}

function functionRights(name: string): ApplicationRight[] {
  const making =
    'CreateFunction GetFunction GetFunctionConfiguration UpdateFunctionCode UpdateFunctionConfiguration DeleteFunction GetFunctionCodeSigningConfig GetFunctionRecursionConfig';
  const versions =
    'PublishVersion ListVersionsByFunction GetRuntimeManagementConfig GetProvisionedConcurrencyConfig CreateAlias GetAlias UpdateAlias DeleteAlias';
  const more = 'AddPermission RemovePermission GetPolicy TagResource UntagResource ListTags';
  const names = `${making} ${versions} ${more}`;
  return [{ actions: actions('lambda', names), resources: [arn('lambda', `function:${name}`)] }];
}

function cacheRights(name: string): ApplicationRight[] {
  const making = 'CreateTable DescribeTable UpdateTable DeleteTable';
  const watching =
    'DescribeTimeToLive UpdateTimeToLive DescribeContinuousBackups DescribeContributorInsights DescribeKinesisStreamingDestination GetResourcePolicy';
  const tags = 'TagResource UntagResource ListTagsOfResource';
  const names = `${making} ${watching} ${tags}`;
  return [{ actions: actions('dynamodb', names), resources: [arn('dynamodb', `table/${name}`)] }];
}

// APIs are called by ids that API Gateway makes up.
function apiRights(domain: string | undefined): ApplicationRight[] {
  const head = 'arn:<AWS::Partition>:apigateway:<AWS::Region>::';
  const hosts = ['/domainnames', `/domainnames/*.${domain}`, `/domainnames/*.${domain}/*`];
  const paths = ['/apis', '/apis/*', '/tags/*', ...(domain === undefined ? [] : hosts)];
  return [
    {
      actions: actions('apigateway', 'GET POST PUT PATCH DELETE TagResource UntagResource'),
      resources: paths.map((path) => `${head}${path}`),
    },
  ];
}

// The log of an API is a vended log: its delivery has no resource.
function logRights(name: string): ApplicationRight[] {
  const groups = ['aws/lambda', 'aws/rds/cluster', 'aws/vendedlogs/apigateway'];
  const making =
    'CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy TagResource UntagResource ListTagsForResource GetDataProtectionPolicy';
  const delivery =
    'CreateLogDelivery GetLogDelivery UpdateLogDelivery DeleteLogDelivery ListLogDeliveries PutResourcePolicy DescribeResourcePolicies DescribeLogGroups';
  return [
    {
      actions: actions('logs', making),
      resources: groups.map((group) => arn('logs', `log-group:/${group}/${name}`)),
    },
    { actions: actions('logs', delivery), resources: ['*'] },
  ];
}
