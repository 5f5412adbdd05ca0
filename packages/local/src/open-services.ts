import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Assembly } from './assembly/cloud-assembly.ts';
import type { LocalStack, StackSecret } from './assembly/local-stack.ts';
import { resolveAssembly } from './assembly/resolve-assembly.ts';
import { startAwsEndpoint } from './aws/aws-endpoint.ts';
import type { ClosingStack } from './closing-stack.ts';
import { createCloudFormation, type CloudFormation } from './cloud-formation/cloud-formation.ts';
import { createKeptCode } from './cloud-formation/keep-code.ts';
import type { StackGround } from './cloud-formation/stack-ground.ts';
import { createStackServers } from './cloud-formation/stack-servers.ts';
import { openStackStore } from './cloud-formation/stack-store.ts';
import { createDataApi, type DataApi } from './data-api/data-api.ts';
import { routeClusters, type ClusterRouter } from './data-api/route-clusters.ts';
import type { DataFolder } from './data-folder/open-data-folder.ts';
import { createDynamoDb } from './dynamo-db/dynamo-db.ts';
import { createAccessKeys, type AccessKeys } from './iam/access-keys.ts';
import { createSts } from './iam/sts.ts';
import type { FurtherCluster } from './further-clusters.ts';
import { createLambdaHost, type LambdaHost } from './lambda/lambda-host.ts';
import type { RunningPostgres } from './postgres/start-postgres.ts';
import { createRunningStacks, type RunningStacks } from './running-stacks.ts';
import type { InvocationInterceptor, LocalCluster } from './start-local.ts';
import { openSecretsStore, type SecretsStore } from './secrets/secrets-store.ts';
import { openStepFunctions, type StepFunctions } from './step-functions/step-functions.ts';

/** What the services stand on. */
export interface ServicesOptions {
  readonly assembly: Assembly;
  readonly folder: DataFolder;
  readonly postgres: RunningPostgres;
  readonly clusters: readonly FurtherCluster[];
  readonly closing: ClosingStack;
  /** False gives up safety against a power cut for speed. @default true */
  readonly durable?: boolean | undefined;
  readonly interceptInvocation?: InvocationInterceptor;
}

/** The stack and the services that it runs on, reachable for AWS clients at `endpointUrl`. */
export interface Services {
  /** The stack of the assembly. */
  readonly stack: LocalStack;
  /** That one, and those that CloudFormation made. */
  readonly stacks: RunningStacks;
  readonly endpointUrl: string;
  readonly dataApi: DataApi;
  /** The further clusters with the secrets of their master users. */
  readonly clusters: readonly LocalCluster[];
  readonly lambda: LambdaHost;
  readonly stepFunctions: StepFunctions;
  readonly cloudFormation: CloudFormation;
}

/** A small server has 50 connections; some are left to who connects directly. */
const smallServerSessions = 40;

/** Where the laptop's stack seems to live. */
export const place = { region: 'us-east-1', accountId: '000000000000' } as const;

/** The operator's credentials: accepted by the local endpoint only, but every AWS client wants some. */
export const operator = { accessKeyId: 'local', secretAccessKey: 'local' } as const;

/** Resolves the stack, with its secrets made, and opens the services; they are closed through `options.closing`. */
export async function openServices(options: ServicesOptions): Promise<Services> {
  const { assembly, folder, postgres, closing, durable } = options;
  const secrets = openSecretsStore(folder.secretsFile, place);
  closing.push('the secrets', () => secrets.close());
  const stack = resolveAssembly(assembly, {
    ...place,
    ensureSecret: (secret) => ensureSecret(secrets, secret, postgres),
  });
  const clusters = ensureAdminSecrets(secrets, options.clusters);
  const stacks = createRunningStacks(stack);
  const servers = createStackServers({ logDir: folder.logDir, durable });
  closing.push('PostgreSQL of the stacks', () => servers.close());
  const dataApi = openDataApi(stack, options, secrets);
  closing.push('the Data API', () => dataApi.close());
  const { lambda, stepFunctions, connect } = openRuntimes(stack, options);
  const { keys, dynamoDb, sts } = openCheckedServices(stacks, stack, folder);
  closing.push('DynamoDB', () => dynamoDb.close());
  const cloudFormation = openCloudFormation(
    { stacks, servers, secrets, lambda, dynamoDb, dataApi },
    keys,
    options,
  );
  const services = { dataApi, secrets, stepFunctions, lambda, dynamoDb, sts, cloudFormation };
  const endpoint = await startAwsEndpoint(services, {});
  connect(endpoint.url);
  closing.push('the AWS endpoint', () => endpoint.close());
  // Executions stop first, then the functions they call, then what the functions call.
  closing.push('CloudFormation', () => cloudFormation.close());
  closing.push('the functions', () => lambda.close());
  closing.push('the state machines', () => stepFunctions.close());
  const { url: endpointUrl } = endpoint;
  return { stack, stacks, endpointUrl, dataApi, clusters, lambda, stepFunctions, cloudFormation };
}

type StackServices = Omit<StackGround, 'place' | 'store' | 'code' | 'openDataApi'> & {
  readonly secrets: SecretsStore;
};

function openCloudFormation(
  services: StackServices,
  keys: AccessKeys,
  { assembly, folder }: ServicesOptions,
): CloudFormation {
  const readSecret = (arn: string) => readLogin(services.secrets, arn);
  const log = join(folder.logDir, 'cloud-formation.log');
  return createCloudFormation({
    ground: {
      ...services,
      place,
      store: openStackStore(folder.stacksDir),
      code: createKeptCode(join(folder.stacksDir, 'code'), assembly.assetDirs),
      openDataApi: (postgres) =>
        createDataApi({ postgres, readSecret, limits: { maxSessions: smallServerSessions } }),
    },
    rights: { keys, operatorKeyId: operator.accessKeyId },
    assetFiles: assembly.assetDirs,
    platformStackName: assembly.stackName,
    writeLog: (line) => appendFileSync(log, `${new Date().toISOString()} ${line}\n`),
  });
}

/** The services that ask who is calling, and what the template lets that role do. */
function openCheckedServices(stacks: RunningStacks, { tables }: LocalStack, folder: DataFolder) {
  const { accountId } = place;
  const keys = createAccessKeys({
    accountId,
    findFunctionRole: (functionName) => stacks.findFunctionRole(functionName),
  });
  const dynamoDb = createDynamoDb({ dir: folder.tablesDir, tables, keys });
  const sts = createSts({ accountId, findRole: (arn) => stacks.findRole(arn), keys });
  return { keys, dynamoDb, sts };
}

function ensureAdminSecrets(
  secrets: SecretsStore,
  clusters: readonly FurtherCluster[],
): LocalCluster[] {
  return clusters.map(({ name, arn, adminSecretName, postgres }) => {
    const { user: username, password } = postgres.admin;
    const value = JSON.stringify({ username, password });
    const adminSecretArn = secrets.ensureSecret({ name: adminSecretName, value });
    return { name, arn, adminSecretArn, postgres };
  });
}

/** Without a cluster in the stack every ARN is the one server's. */
function openDataApi(
  stack: LocalStack,
  { postgres, clusters }: ServicesOptions,
  secrets: SecretsStore,
): ClusterRouter {
  const readSecret = (arn: string) => readLogin(secrets, arn);
  const home = createDataApi({ postgres, readSecret });
  const byArn = new Map(stack.clusters.map(({ arn }) => [arn, home]));
  for (const further of clusters)
    byArn.set(further.arn, createDataApi({ postgres: further.postgres, readSecret }));
  const fallback = stack.clusters.length === 0 ? home : undefined;
  return routeClusters({ home, byArn, fallback });
}

interface Runtimes {
  readonly lambda: LambdaHost;
  readonly stepFunctions: StepFunctions;
  /** Tells the functions where the endpoint is; none starts before. */
  readonly connect: (endpointUrl: string) => void;
}

function openRuntimes(
  stack: LocalStack,
  { folder, interceptInvocation = async (_, next) => await next() }: ServicesOptions,
): Runtimes {
  let endpointUrl = '';
  const lambda = createLambdaHost({
    functions: stack.functions,
    endpointUrl: () => endpointUrl,
    ...place,
    logDir: folder.logDir,
    compileCacheDir: join(folder.dir, 'compile-cache'),
    keepWarm: stack.apis.flatMap(({ routes }) => routes.map((route) => nameOf(route.functionArn))),
  });
  const stepFunctions = openStepFunctions({
    machines: stack.machines,
    invoke: (nameOrArn, payload) =>
      interceptInvocation(payload, () => lambda.invoke(nameOrArn, payload)),
    dir: folder.executionsDir,
    ...place,
  });
  return { lambda, stepFunctions, connect: (url) => (endpointUrl = url) };
}

function nameOf(functionArn: string): string {
  return functionArn.split(':')[6] ?? functionArn;
}

/** The master user's secret holds the login that PostgreSQL really has; all others are made up once. */
function ensureSecret(
  secrets: SecretsStore,
  secret: StackSecret,
  { admin }: RunningPostgres,
): string {
  const { name, masterOf, generation } = secret;
  if (masterOf === undefined) {
    return secrets.ensureSecret({ name, ...(generation && { generate: generation }) });
  }
  const value = JSON.stringify({ username: admin.user, password: admin.password });
  return secrets.ensureSecret({ name, value });
}

/** A secret's login, or undefined for a secret that is none or does not exist. */
function readLogin(
  secrets: SecretsStore,
  secretArn: string,
): { username: string; password: string; version: string } | undefined {
  const secret = secrets.read(secretArn);
  const login = secret === undefined ? undefined : parseLogin(secret.secretString);
  return secret === undefined || login === undefined
    ? undefined
    : { ...login, version: secret.versionId };
}

function parseLogin(text: string): { username: string; password: string } | undefined {
  try {
    const { username, password } = JSON.parse(text) as Record<string, unknown>;
    if (typeof username !== 'string' || typeof password !== 'string') return undefined;
    return { username, password };
  } catch {
    // The parser's own error would quote the secret.
    return undefined;
  }
}
