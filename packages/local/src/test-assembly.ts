import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What differs between two deploys of the small stack. */
export interface TestAssemblyOptions {
  /** Property `hash` of the resource that migrates. @default 'one' */
  readonly hash?: string;
  /** Body of the migration step's function, in which `execute(sql)` is at hand. @default - adds a row for the hash */
  readonly migrate?: string;
  /** File assets by hash: an object is a JSON file, text is the module of a function's code, in which `execute(sql)` is at hand. @default - none */
  readonly assets?: Readonly<Record<string, object | string>>;
}

const environment = {
  CLUSTER_ARN: { 'Fn::GetAtt': ['Cluster', 'DBClusterArn'] },
  ADMIN_SECRET_ARN: { 'Fn::GetAtt': ['Cluster', 'MasterUserSecret.SecretArn'] },
  SITE_SECRET_ARN: { Ref: 'SiteSecret' },
  MIGRATE_FLEET_ARN: {
    'Fn::Sub':
      'arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:tenantry-local-migrate-fleet',
  },
};

// What all functions share: the wire protocols of the two services they use, without an SDK.
const runtime = `
const endpoint = process.env.AWS_ENDPOINT_URL;
export async function execute(sql, secretArn = process.env.ADMIN_SECRET_ARN) {
  const body = { resourceArn: process.env.CLUSTER_ARN, secretArn, database: 'tenantry', sql };
  const reply = await fetch(endpoint + '/Execute', { method: 'POST', body: JSON.stringify(body) });
  const answer = await reply.json();
  if (!reply.ok) throw new Error(JSON.stringify(answer));
  return answer.records ?? [];
}
export async function stepFunctions(action, body) {
  const headers = { 'x-amz-target': 'AWSStepFunctions.' + action, 'content-type': 'application/x-amz-json-1.0' };
  const reply = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify(body) });
  const answer = await reply.json();
  if (!reply.ok) throw new Error(JSON.stringify(answer));
  return answer;
}
`;

function functionSources({ migrate }: TestAssemblyOptions): Record<string, string> {
  return {
    api: `
      export async function handler(event) {
        if (event.rawPath === '/broken') throw new Error('the reason stays inside');
        const rows = await execute('select current_user::text, count(*) from deploys', process.env.SITE_SECRET_ARN);
        return { host: event.requestContext.domainName, path: event.rawPath, user: rows[0][0].stringValue, deploys: rows[0][1].longValue };
      }`,
    site: `export const handler = async () => ({ statusCode: 200, body: 'the site' });`,
    control: `export const handler = async (event) => ({ ok: true, event });`,
    prepare: `
      export async function onEvent(event) {
        await execute('create table if not exists deploys (hash text primary key)');
        await execute("do $$ begin if not exists (select from pg_roles where rolname = 'site') then create role site login; end if; end $$");
        await execute("alter role site password '" + (await password()) + "'");
        await execute('grant connect on database tenantry to site');
        await execute('grant usage on schema public to site');
        await execute('grant select on deploys to site');
        return { PhysicalResourceId: 'cluster' };
      }
      async function password() {
        const headers = { 'x-amz-target': 'secretsmanager.GetSecretValue', 'content-type': 'application/x-amz-json-1.1' };
        const reply = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify({ SecretId: process.env.SITE_SECRET_ARN }) });
        return JSON.parse((await reply.json()).SecretString).password;
      }`,
    deploy: `
      export async function onEvent(event) {
        const { hash } = event.ResourceProperties;
        const started = await stepFunctions('StartExecution', {
          stateMachineArn: process.env.MIGRATE_FLEET_ARN, name: 'deploy-' + hash + '-' + event.RequestId.slice(0, 8), input: JSON.stringify({ hash }),
        });
        return { PhysicalResourceId: 'fleet', ExecutionArn: started.executionArn };
      }
      export async function isComplete(event) {
        const { status, error, cause } = await stepFunctions('DescribeExecution', { executionArn: event.ExecutionArn });
        if (status === 'FAILED') throw new Error('the run failed: ' + error + ' ' + cause);
        return { IsComplete: status === 'SUCCEEDED' };
      }`,
    migrator: `
      export async function handler({ hash }) {
        ${migrate ?? `await execute("insert into deploys values ('" + hash + "') on conflict do nothing"); return { hash };`}
      }`,
  };
}

/** Writes the assembly of a small stack that uses each kind of resource, as `cdk synth` lays it out, over the one that is there. */
export function writeTestAssembly(dir: string, options: TestAssemblyOptions = {}): void {
  mkdirSync(dir, { recursive: true });
  const sources = functionSources(options);
  for (const [name, source] of Object.entries(sources)) writeAsset(dir, name, source);
  writeJson(join(dir, 'manifest.json'), {
    version: '54.0.0',
    artifacts: {
      assets: { type: 'cdk:asset-manifest', properties: { file: 'assets.json' } },
      'tenantry-local': {
        type: 'aws:cloudformation:stack',
        properties: { templateFile: 'template.json' },
      },
    },
  });
  const assets = Object.entries(options.assets ?? {});
  const ownPaths = assets.map(([hash, asset]) => [hash, writeAsset(dir, hash, asset)] as const);
  const paths = [
    ...Object.keys(sources).map((name) => [name, `asset.${name}`] as const),
    ...ownPaths,
  ];
  writeJson(join(dir, 'assets.json'), {
    version: '54.0.0',
    files: Object.fromEntries(paths.map(([hash, path]) => [hash, { source: { path } }])),
  });
  writeJson(join(dir, 'template.json'), { Resources: resources(options.hash ?? 'one') });
}

/** Gives the path of the asset in the assembly. */
function writeAsset(dir: string, hash: string, asset: object | string): string {
  const path = `asset.${hash}${typeof asset === 'string' ? '' : '.json'}`;
  if (typeof asset === 'string') {
    mkdirSync(join(dir, path), { recursive: true });
    writeFileSync(join(dir, path, 'index.mjs'), runtime + asset);
  } else writeJson(join(dir, path), asset);
  return path;
}

function writeJson(file: string, content: object): void {
  writeFileSync(file, JSON.stringify(content));
}

function resources(hash: string): Record<string, object> {
  return {
    Cluster: {
      Type: 'AWS::RDS::DBCluster',
      Properties: {
        DBClusterIdentifier: 'home',
        DatabaseName: 'tenantry',
        ManageMasterUserPassword: true,
      },
    },
    SiteSecret: {
      Type: 'AWS::SecretsManager::Secret',
      Properties: {
        Name: 'tenantry/local/platform/site',
        GenerateSecretString: {
          SecretStringTemplate: '{"username":"site"}',
          GenerateStringKey: 'password',
          ExcludePunctuation: true,
        },
      },
    },
    Api: lambda('api', 'index.handler'),
    Site: lambda('site', 'index.handler'),
    Control: lambda('control', 'index.handler'),
    Prepare: lambda('prepare', 'index.onEvent'),
    OnDeploy: lambda('deploy', 'index.onEvent', 'on-deploy'),
    OnDeployComplete: lambda('deploy', 'index.isComplete', 'on-deploy-complete'),
    Migrator: lambda('migrator', 'index.handler'),
    PrepareProvider: provider({ onEvent: 'Prepare' }),
    FleetProvider: provider({ onEvent: 'OnDeploy', isComplete: 'OnDeployComplete' }),
    PrepareCluster: {
      Type: 'Custom::PrepareCluster',
      Properties: { ServiceToken: { 'Fn::GetAtt': ['PrepareProvider', 'Arn'] }, version: 1 },
    },
    MigrateFleet: {
      Type: 'Custom::MigrateFleet',
      DependsOn: ['PrepareCluster', 'FleetMachine'],
      Properties: { ServiceToken: { 'Fn::GetAtt': ['FleetProvider', 'Arn'] }, hash },
    },
    FleetMachine: machine('migrate-fleet'),
    CreateMachine: machine('create-tenant'),
    DeleteMachine: machine('delete-tenant'),
    ...api('Tenant', { domain: '*.localhost', functionId: 'Api' }),
    ...api('Main', { domain: 'localhost', functionId: 'Site' }),
  };
}

function lambda(source: string, handler: string, name = source): object {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      FunctionName: `tenantry-local-${name}`,
      Handler: handler,
      Code: { S3Bucket: 'assets', S3Key: `${source}.zip` },
      Timeout: 10,
      MemorySize: 256,
      Environment: { Variables: environment },
    },
  };
}

function provider({ onEvent, isComplete }: { onEvent: string; isComplete?: string }): object {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Handler: 'framework.onEvent',
      Code: { S3Bucket: 'assets', S3Key: 'framework.zip' },
      Environment: {
        Variables: {
          USER_ON_EVENT_FUNCTION_ARN: { 'Fn::GetAtt': [onEvent, 'Arn'] },
          ...(isComplete && {
            USER_IS_COMPLETE_FUNCTION_ARN: { 'Fn::GetAtt': [isComplete, 'Arn'] },
          }),
        },
      },
    },
  };
}

function machine(name: string): object {
  return {
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: {
      StateMachineName: `tenantry-local-${name}`,
      DefinitionString: {
        'Fn::Join': [
          '',
          [
            '{"StartAt":"migrate","States":{"migrate":{"Type":"Task","End":true,"Resource":"',
            { 'Fn::GetAtt': ['Migrator', 'Arn'] },
            '"}}}',
          ],
        ],
      },
    },
  };
}

function api(
  id: string,
  { domain, functionId }: { domain: string; functionId: string },
): Record<string, object> {
  const apiId = { Ref: `${id}Api` };
  return {
    [`${id}Api`]: {
      Type: 'AWS::ApiGatewayV2::Api',
      Properties: { Name: id, ProtocolType: 'HTTP', DisableExecuteApiEndpoint: true },
    },
    [`${id}Domain`]: {
      Type: 'AWS::ApiGatewayV2::DomainName',
      Properties: { DomainName: domain },
    },
    [`${id}Mapping`]: {
      Type: 'AWS::ApiGatewayV2::ApiMapping',
      Properties: { ApiId: apiId, DomainName: { Ref: `${id}Domain` }, Stage: '$default' },
    },
    [`${id}Integration`]: {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ApiId: apiId,
        IntegrationType: 'AWS_PROXY',
        PayloadFormatVersion: '2.0',
        IntegrationUri: { 'Fn::GetAtt': [functionId, 'Arn'] },
      },
    },
    [`${id}Route`]: {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        ApiId: apiId,
        RouteKey: '$default',
        Target: { 'Fn::Join': ['/', ['integrations', { Ref: `${id}Integration` }]] },
      },
    },
  };
}
