/** What differs between two templates of a tenant's stack. */
export interface TenantTemplateOptions {
  /** Hash of the asset that is the function's code. @default 'tenant-one' */
  readonly code?: string;
  /** Further resources, or others in the place of those of the template. @default - none */
  readonly resources?: Readonly<Record<string, object>>;
}

const name = { 'Fn::Join': ['', ['tenantry-local-t-', { Ref: 'TenantId' }]] };
const named = (suffix: string) => ({
  'Fn::Join': ['', ['tenantry-local-t-', { Ref: 'TenantId' }, suffix]],
});
const allow = (Action: string | string[], rest: object) => ({
  Statement: [{ Effect: 'Allow', Action, ...rest }],
});

/** The template of a small stack for one tenant, with each kind of resource that a tenant's stack has. */
export function tenantTemplate({
  code = 'tenant-one',
  resources = {},
}: TenantTemplateOptions = {}): object {
  return {
    Parameters: {
      TenantId: { Type: 'String', AllowedPattern: '^[a-z0-9]{4,32}$' },
      Host: { Type: 'String' },
      Greeting: { Type: 'String', Default: 'hello' },
    },
    Resources: { ...storage, ...rights, ...application(code), ...api, ...resources },
    Outputs: {
      ClusterArn: { Value: { 'Fn::GetAtt': ['Cluster', 'DBClusterArn'] } },
      AdminSecretArn: { Value: { 'Fn::GetAtt': ['Cluster', 'MasterUserSecret.SecretArn'] } },
      FunctionName: { Value: { Ref: 'Function' } },
      ApiEndpoint: { Value: { 'Fn::Join': ['', ['https://', { Ref: 'Host' }]] } },
      DnsTarget: { Value: { 'Fn::GetAtt': ['Domain', 'RegionalDomainName'] } },
    },
  };
}

const storage = {
  Cluster: {
    Type: 'AWS::RDS::DBCluster',
    Properties: {
      DBClusterIdentifier: name,
      DatabaseName: 'tenantry',
      ManageMasterUserPassword: true,
    },
  },
  Instance: { Type: 'AWS::RDS::DBInstance' },
  MigratorSecret: {
    Type: 'AWS::SecretsManager::Secret',
    Properties: {
      Name: {
        'Fn::Join': ['', ['tenantry/local/cluster/', { Ref: 'TenantId' }, '/platform_migrator']],
      },
      GenerateSecretString: {
        SecretStringTemplate: '{"username":"platform_migrator"}',
        GenerateStringKey: 'password',
        ExcludePunctuation: true,
      },
    },
  },
  Items: {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      TableName: named('-cache'),
      KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'key', AttributeType: 'S' }],
    },
  },
};

const rights = {
  Role: {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: named('-api'),
      AssumeRolePolicyDocument: allow('sts:AssumeRole', {
        Principal: { Service: 'lambda.amazonaws.com' },
      }),
    },
  },
  Policy: {
    Type: 'AWS::IAM::Policy',
    Properties: {
      Roles: [{ Ref: 'Role' }],
      PolicyDocument: allow(['dynamodb:GetItem', 'dynamodb:PutItem'], {
        Resource: { 'Fn::GetAtt': ['Items', 'Arn'] },
      }),
    },
  },
};

const application = (code: string) => ({
  Function: {
    Type: 'AWS::Lambda::Function',
    DependsOn: ['Instance'],
    Properties: {
      FunctionName: named('-api'),
      Handler: 'index.handler',
      Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
      Code: { S3Bucket: 'assets', S3Key: `${code}.zip` },
      Timeout: 10,
      Environment: {
        Variables: {
          CLUSTER_ARN: { 'Fn::GetAtt': ['Cluster', 'DBClusterArn'] },
          ADMIN_SECRET_ARN: { 'Fn::GetAtt': ['Cluster', 'MasterUserSecret.SecretArn'] },
          TENANT_ID: { Ref: 'TenantId' },
          GREETING: { Ref: 'Greeting' },
        },
      },
    },
  },
  Version: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'Function' } } },
  Live: {
    Type: 'AWS::Lambda::Alias',
    Properties: {
      FunctionName: { Ref: 'Function' },
      FunctionVersion: { 'Fn::GetAtt': ['Version', 'Version'] },
      Name: 'live',
    },
  },
});

const api = {
  Api: {
    Type: 'AWS::ApiGatewayV2::Api',
    Properties: { Name: name, ProtocolType: 'HTTP', DisableExecuteApiEndpoint: true },
  },
  Domain: { Type: 'AWS::ApiGatewayV2::DomainName', Properties: { DomainName: { Ref: 'Host' } } },
  Mapping: {
    Type: 'AWS::ApiGatewayV2::ApiMapping',
    Properties: { ApiId: { Ref: 'Api' }, DomainName: { Ref: 'Domain' }, Stage: '$default' },
  },
  Integration: {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: {
      ApiId: { Ref: 'Api' },
      IntegrationType: 'AWS_PROXY',
      PayloadFormatVersion: '2.0',
      IntegrationUri: { Ref: 'Live' },
    },
  },
  Route: {
    Type: 'AWS::ApiGatewayV2::Route',
    Properties: {
      ApiId: { Ref: 'Api' },
      RouteKey: '$default',
      Target: { 'Fn::Join': ['/', ['integrations', { Ref: 'Integration' }]] },
    },
  },
};
