import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAssembly, type Assembly } from './assembly/cloud-assembly.ts';
import type { ClosingStack } from './closing-stack.ts';
import { openDataFolder, type DataFolder } from './data-folder/open-data-folder.ts';
import { removeRuntimeFile, writeRuntimeFile } from './data-folder/runtime-file.ts';
import { openDeploymentRecord } from './deployment/deployment-record.ts';
import { deployStack } from './deployment/deploy-stack.ts';
import { describePlatform, type PlatformDescription } from './describe-platform.ts';
import { startFurtherClusters, type FurtherCluster } from './further-clusters.ts';
import { assertPortFree } from './gateway/listen.ts';
import { startGateway, type Gateway } from './gateway/start-gateway.ts';
import { openServices, operator, place, type Services } from './open-services.ts';
import { connectPostgres } from './postgres/connect-postgres.ts';
import { startPostgres, type RunningPostgres } from './postgres/start-postgres.ts';
import { readPostgresIdentity } from './postgres-identity.ts';
import type { LocalRuntime, StartLocalOptions } from './start-local.ts';

/** Starts all parts of the system in their order; each one is closed through `closing`. */
export async function startSystem(
  options: StartLocalOptions,
  closing: ClosingStack,
): Promise<LocalRuntime> {
  const port = options.port ?? 8787;
  const assembly = readAssembly(options.assemblyDir);
  const folder = openDataFolder(options.dataDir);
  closing.push('the data folder', () => folder.close());
  await assertPortFree(port);
  removeRuntimeFile(folder.dir);
  const postgres = await openPostgres(options, folder, closing);
  const { durable, onProgress, clusters: names = [] } = options;
  const start = { names, folder, closing, place, durable, onProgress };
  const clusters = await startFurtherClusters(start);
  const services = await openStack(assembly, { options, folder, postgres, clusters, closing });
  const platform = describePlatform(services.stack);
  await deploy(services, { options, folder, postgres });
  const gateway = await openGateway(services, { port, folder, closing });
  options.signal?.throwIfAborted();
  const description = describe(platform, { services, postgres, gateway });
  writeRuntimeFile(folder.dir, description);
  closing.push('runtime.json', () => removeRuntimeFile(folder.dir));
  return toRuntime({ services, postgres, description, closing });
}

async function openPostgres(
  options: StartLocalOptions,
  folder: DataFolder,
  closing: ClosingStack,
): Promise<RunningPostgres> {
  options.signal?.throwIfAborted();
  const { databaseUrl, durable, onProgress } = options;
  const postgres =
    databaseUrl === undefined
      ? await startPostgres({
          dataDir: folder.dir,
          logFile: join(folder.logDir, 'postgres.log'),
          ...(onProgress && { onProgress }),
          ...(durable !== undefined && { durable }),
        })
      : await connectPostgres(databaseUrl);
  closing.push('PostgreSQL', () => postgres.stop());
  onProgress?.(`PostgreSQL on ${postgres.host}:${postgres.port}`);
  return postgres;
}

interface StartContext {
  readonly options: StartLocalOptions;
  readonly folder: DataFolder;
  readonly postgres: RunningPostgres;
}

async function openStack(
  assembly: Assembly,
  context: StartContext & {
    readonly clusters: readonly FurtherCluster[];
    readonly closing: ClosingStack;
  },
): Promise<Services> {
  const { options, folder, postgres, clusters, closing } = context;
  options.signal?.throwIfAborted();
  const { interceptInvocation, durable } = options;
  const services = await openServices({
    assembly,
    folder,
    postgres,
    clusters,
    closing,
    durable,
    ...(interceptInvocation && { interceptInvocation }),
  });
  options.onServices?.(services.dataApi.faults);
  const { functions, machines } = services.stack;
  options.onProgress?.(
    `stack ${services.stack.name}: ${functions.length} functions, ${machines.length} state machines, ` +
      `AWS endpoint ${services.endpointUrl}`,
  );
  await services.cloudFormation.bringBack(options.onProgress);
  return services;
}

async function deploy(
  services: Services,
  { options, folder, postgres }: StartContext,
): Promise<void> {
  const identity = await readPostgresIdentity(postgres);
  await deployStack(services.stack, {
    record: openDeploymentRecord(folder.deploymentFile, identity),
    invoke: (nameOrArn, payload) => services.lambda.invoke(nameOrArn, payload),
    logDir: folder.logDir,
    signal: options.signal,
    onProgress: (line) => options.onProgress?.(`deploy: ${line}`),
    resume: () => {
      const resumed = services.stepFunctions.resumeInterrupted();
      if (resumed > 0) options.onProgress?.(`${resumed} interrupted executions go on`);
    },
  });
  options.onProgress?.('deployed');
}

async function openGateway(
  services: Services,
  { port, folder, closing }: { port: number; folder: DataFolder; closing: ClosingStack },
): Promise<Gateway> {
  const log = join(folder.logDir, 'gateway.log');
  const gateway = await startGateway({
    port,
    apis: () => services.stacks.apis(),
    accountId: place.accountId,
    invoke: (nameOrArn, payload) => services.lambda.invoke(nameOrArn, payload),
    writeLog: (line) => appendFileSync(log, `${new Date().toISOString()} ${line}\n`),
  });
  closing.push('the gateway', () => gateway.close());
  return gateway;
}

function describe(
  platform: PlatformDescription,
  { services, postgres, gateway }: DescribedParts,
): LocalRuntime['description'] {
  const { url, port } = gateway;
  const { endpointUrl } = services;
  const address = { host: postgres.host, port: postgres.port };
  return {
    url,
    port,
    endpointUrl,
    ...place,
    credentials: operator,
    ...platform,
    postgres: address,
  };
}

interface DescribedParts {
  readonly services: Services;
  readonly postgres: RunningPostgres;
  readonly gateway: Gateway;
}

interface RuntimeParts {
  readonly services: Services;
  readonly postgres: RunningPostgres;
  readonly description: LocalRuntime['description'];
  readonly closing: ClosingStack;
}

function toRuntime({ services, postgres, description, closing }: RuntimeParts): LocalRuntime {
  const { stack, lambda, stepFunctions, dataApi } = services;
  return {
    url: description.url,
    port: description.port,
    endpointUrl: description.endpointUrl,
    stack,
    postgres,
    clusters: services.clusters,
    description,
    faults: dataApi.faults,
    invoke: (nameOrArn, payload) => lambda.invoke(nameOrArn, payload),
    startExecution: async ({ machine, name, input }) => {
      const { arn } = stack.machines.find((it) => it.name === machine) ?? { arn: machine };
      const answer = await stepFunctions.handle('StartExecution', {
        stateMachineArn: arn,
        name,
        input: JSON.stringify(input),
      });
      return (answer as { executionArn: string }).executionArn;
    },
    close: () => closing.close(),
  };
}
