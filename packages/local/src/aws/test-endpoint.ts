import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLambdaHost } from '../lambda/lambda-host.ts';
import type { LambdaHost, LambdaHostOptions } from '../lambda/lambda-host.ts';
import type { LocalFunction } from '../lambda/local-function.ts';
import { openSecretsStore } from '../secrets/secrets-store.ts';
import type { SecretsStore } from '../secrets/secrets-store.ts';
import { openStepFunctions } from '../step-functions/step-functions.ts';
import type { StepFunctions } from '../step-functions/step-functions.ts';
import { startAwsEndpoint } from './aws-endpoint.ts';
import type { DataApiHandler } from './route-request.ts';

/** The functions and machines of a test, and how the services are bounded. */
export interface TestEndpointOptions {
  /** Source of `index.mjs` by function name. */
  readonly functions?: Readonly<Record<string, string>>;
  readonly functionSettings?: Partial<LocalFunction>;
  readonly host?: Partial<LambdaHostOptions>;
  /** Definitions by machine name. */
  readonly machines?: Readonly<Record<string, object>>;
  readonly keptExecutions?: number;
  readonly dataApi?: DataApiHandler;
  /** The folder of an earlier endpoint, to start again on what it left. */
  readonly dir?: string;
}

/** All local services behind one endpoint, and what clients need to reach it. */
export interface TestEndpoint {
  readonly dir: string;
  readonly url: string;
  readonly clientOptions: {
    readonly endpoint: string;
    readonly region: string;
    readonly maxAttempts: number;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  readonly lambda: LambdaHost;
  readonly secrets: SecretsStore;
  readonly stepFunctions: StepFunctions;
  /** Ends everything; the folder stays with `keepDir`. */
  close(options?: { readonly keepDir?: boolean }): Promise<void>;
}

const region = 'us-east-1';
const accountId = '000000000000';

/** The ARN of a test's function. */
export function functionArn(name: string): string {
  return `arn:aws:lambda:${region}:${accountId}:function:${name}`;
}

/** The ARN of a test's state machine. */
export function machineArn(name: string): string {
  return `arn:aws:states:${region}:${accountId}:stateMachine:${name}`;
}

/** Starts the services over functions written for the test. */
export async function startTestEndpoint(options: TestEndpointOptions = {}): Promise<TestEndpoint> {
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'tenantry-endpoint-')));
  let url = '';
  const lambda = createLambdaHost({
    functions: await writeFunctions(dir, options),
    endpointUrl: () => url,
    region,
    accountId,
    logDir: join(dir, 'logs'),
    ...options.host,
  });
  const secrets = openSecretsStore(join(dir, 'secrets.json'));
  const stepFunctions = openTestMachines(dir, lambda, options);
  const endpoint = await startAwsEndpoint({
    dataApi: options.dataApi ?? { handle: () => Promise.resolve({ drop: true }) },
    secrets,
    stepFunctions,
    lambda,
  });
  url = endpoint.url;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return {
    dir,
    url,
    clientOptions: { endpoint: url, region, maxAttempts: 1, credentials },
    lambda,
    secrets,
    stepFunctions,
    async close({ keepDir = false } = {}) {
      await stepFunctions.close();
      await lambda.close();
      await endpoint.close();
      await secrets.close();
      if (!keepDir) await rm(dir, { recursive: true, force: true });
    },
  };
}

function openTestMachines(
  dir: string,
  lambda: LambdaHost,
  { machines = {}, keptExecutions }: TestEndpointOptions,
): StepFunctions {
  return openStepFunctions({
    machines: Object.entries(machines).map(([name, definition]) => ({
      name,
      arn: machineArn(name),
      definition,
    })),
    invoke: (nameOrArn, payload) => lambda.invoke(nameOrArn, payload),
    dir: join(dir, 'step-functions'),
    region,
    accountId,
    ...(keptExecutions !== undefined && { keptExecutions }),
  });
}

async function writeFunctions(
  dir: string,
  { functions = {}, functionSettings = {} }: TestEndpointOptions,
): Promise<LocalFunction[]> {
  const written = Object.entries(functions).map(async ([name, source]) => {
    const codeDir = join(dir, 'code', name);
    await mkdir(codeDir, { recursive: true });
    await writeFile(join(codeDir, 'index.mjs'), source);
    return {
      name,
      arn: functionArn(name),
      codeDir,
      handler: 'index.handler',
      environment: {},
      timeoutSeconds: 10,
      memoryMb: 128,
      ...functionSettings,
    };
  });
  return Promise.all(written);
}
