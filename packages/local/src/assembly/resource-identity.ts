import { createHash } from 'node:crypto';

/** What other resources see of a resource: the value of `Ref`, and those of `Fn::GetAtt`. */
export interface ResourceIdentity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The account, Region and stack that ARNs and generated names are made of. */
export interface StackNames {
  readonly stackName: string;
  readonly region: string;
  readonly accountId: string;
}

/** What an identity is made of. */
export interface IdentitySource extends StackNames {
  readonly logicalId: string;
  /** A property's resolved text, or undefined when the template leaves it to CloudFormation. */
  text(property: string): string | undefined;
  /** The ARN that a resource of another type refers to, for aliases and versions. */
  requiredText(property: string): string;
  /** ARN of this secret, made when it did not exist. */
  secretArn(): string;
  /** ARN of the secret that RDS itself keeps for a cluster with `ManageMasterUserPassword`. */
  managedSecretArn(): string;
}

type Identify = (source: IdentitySource) => ResourceIdentity;

/** The types that mean something on a laptop, and how each one is referred to. */
const identities: Readonly<Record<string, Identify>> = {
  'AWS::Lambda::Function': (source) => {
    const name = source.text('FunctionName') ?? generatedName(source);
    return { ref: name, attributes: { Arn: functionArn(source, name) } };
  },
  // One version of a function runs here: its versions and aliases all lead to it.
  'AWS::Lambda::Version': (source) => {
    const arn = functionArn(source, source.requiredText('FunctionName'));
    return { ref: arn, attributes: { Version: '1', FunctionArn: arn } };
  },
  'AWS::Lambda::Alias': (source) => {
    const arn = functionArn(source, source.requiredText('FunctionName'));
    return { ref: arn, attributes: { AliasArn: arn } };
  },
  'AWS::IAM::Role': (source) => {
    const name = source.text('RoleName') ?? generatedName(source);
    return { ref: name, attributes: { Arn: `arn:aws:iam::${source.accountId}:role/${name}` } };
  },
  'AWS::DynamoDB::Table': (source) => {
    const name = source.text('TableName') ?? generatedName(source);
    const arn = `arn:aws:dynamodb:${source.region}:${source.accountId}:table/${name}`;
    return { ref: name, attributes: { Arn: arn } };
  },
  'AWS::StepFunctions::StateMachine': (source) => {
    const name = source.text('StateMachineName') ?? generatedName(source);
    const arn = `arn:aws:states:${source.region}:${source.accountId}:stateMachine:${name}`;
    return { ref: arn, attributes: { Arn: arn, Name: name } };
  },
  'AWS::SecretsManager::Secret': (source) => {
    const arn = source.secretArn();
    return { ref: arn, attributes: { Id: arn } };
  },
  'AWS::SecretsManager::SecretTargetAttachment': (source) => {
    return { ref: source.requiredText('SecretId'), attributes: {} };
  },
  'AWS::RDS::DBCluster': identifyCluster,
  'AWS::ApiGatewayV2::Api': (source) => {
    const id = shortId(generatedName(source));
    const endpoint = `https://${executeApiHost(source, id)}`;
    return { ref: id, attributes: { ApiId: id, ApiEndpoint: endpoint } };
  },
  'AWS::ApiGatewayV2::DomainName': (source) => {
    const host = executeApiHost(source, `d-${shortId(generatedName(source))}`);
    const attributes = { RegionalDomainName: host, RegionalHostedZoneId: 'Z0000000000000' };
    return { ref: source.requiredText('DomainName'), attributes };
  },
  'AWS::ApiGatewayV2::Integration': ({ logicalId }) => ({ ref: logicalId, attributes: {} }),
  'AWS::ApiGatewayV2::Route': ({ logicalId }) => ({ ref: logicalId, attributes: {} }),
  'AWS::ApiGatewayV2::ApiMapping': ({ logicalId }) => ({ ref: logicalId, attributes: {} }),
  'AWS::ApiGatewayV2::Stage': (source) => {
    return { ref: source.text('StageName') ?? '$default', attributes: {} };
  },
};

/** How resources of this type are referred to, or undefined for a type that means nothing here. */
export function findIdentify(type: string): Identify | undefined {
  return identities[type];
}

/** The name CloudFormation would make for a resource without one; the same at every synth. */
export function generatedName({
  stackName,
  logicalId,
}: StackNames & { logicalId: string }): string {
  return `${stackName}-${logicalId}`;
}

/** The id of an assembly's stack, the same at every start. */
export function localStackId({ stackName, region, accountId }: StackNames): string {
  return `arn:aws:cloudformation:${region}:${accountId}:stack/${stackName}/local`;
}

/** The host of an API's default endpoint. */
export function executeApiHost({ region }: StackNames, apiId: string): string {
  return `${apiId}.execute-api.${region}.amazonaws.com`;
}

/** ARN of the function that `reference` (a name or an ARN with or without qualifier) names. */
export function functionArn({ region, accountId }: StackNames, reference: string): string {
  const name = reference.startsWith('arn:') ? (reference.split(':')[6] ?? reference) : reference;
  return `arn:aws:lambda:${region}:${accountId}:function:${name}`;
}

function identifyCluster(source: IdentitySource): ResourceIdentity {
  const id = (source.text('DBClusterIdentifier') ?? generatedName(source)).toLowerCase();
  const arn = `arn:aws:rds:${source.region}:${source.accountId}:cluster:${id}`;
  return {
    ref: id,
    attributes: {
      DBClusterArn: arn,
      DBClusterResourceId: `cluster-${shortId(id)}`,
      'Endpoint.Address': '127.0.0.1',
      'Endpoint.Port': '5432',
      'ReadEndpoint.Address': '127.0.0.1',
      get 'MasterUserSecret.SecretArn'() {
        return source.managedSecretArn();
      },
    },
  };
}

function shortId(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 10);
}
