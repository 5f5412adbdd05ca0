import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { isObject } from '../assembly/template.ts';
import type { LocalCustomResource } from '../assembly/local-stack.ts';
import { LocalError } from '../errors.ts';
import type { LambdaHost } from '../lambda/lambda-host.ts';
import type { DeploymentRecord, RecordedResource } from './deployment-record.ts';

/** What a deploy works with. */
export interface DeployOptions {
  readonly stackId: string;
  readonly record: DeploymentRecord;
  readonly invoke: LambdaHost['invoke'];
  readonly onProgress?: ((line: string) => void) | undefined;
  /** How long one resource may take. @default 3300000 - 55 minutes, as on AWS */
  readonly timeoutMs?: number;
  /** Folder of the functions' logs, named in errors. */
  readonly logDir: string;
  /** Stops the deploy between two calls; what was under way is called again at the next deploy. */
  readonly signal?: AbortSignal | undefined;
}

type ResourceEvent = Readonly<Record<string, unknown>>;

const firstPollMs = 20;
const slowestPollMs = 200;

/**
 * Deploys custom resources one after the other, as CloudFormation with CDK's provider framework does: Create for one that never
 * succeeded, Update for changed properties, nothing for unchanged ones, except after an interrupted attempt. Throws `LocalError`
 * (`LOCAL_DEPLOY_FAILED`) with the function's own words; what succeeded before stays recorded.
 */
export async function runCustomResources(
  resources: readonly LocalCustomResource[],
  options: DeployOptions,
): Promise<void> {
  for (const resource of resources) {
    options.signal?.throwIfAborted();
    const recorded = options.record.resources[resource.logicalId];
    const isUnchanged =
      recorded?.attempted === undefined &&
      isDeepStrictEqual(recorded?.properties, resource.properties);
    if (!isUnchanged) await deployResource(resource, recorded, options);
  }
}

/** Tells resources that the stack no longer has that they are gone, as CloudFormation does when all others are deployed. */
export async function removeFormerResources(
  current: readonly LocalCustomResource[],
  functionArns: ReadonlySet<string>,
  options: DeployOptions,
): Promise<void> {
  const ids = new Set(current.map(({ logicalId }) => logicalId));
  for (const [logicalId, recorded] of Object.entries(options.record.resources)) {
    if (ids.has(logicalId)) continue;
    // A function that went with its resource cannot be asked any more.
    if (functionArns.has(recorded.onEventArn)) await deleteResource(logicalId, recorded, options);
    options.record.forget(logicalId);
  }
}

async function deployResource(
  resource: LocalCustomResource,
  recorded: RecordedResource | undefined,
  options: DeployOptions,
): Promise<void> {
  const { logicalId, type, onEventArn, isCompleteArn, properties } = resource;
  const event = deployEvent(resource, recorded, options);
  options.onProgress?.(`${String(event['RequestType']).toLowerCase()} ${nameOf(resource)}`);
  const functions = { type, onEventArn, isCompleteArn };
  options.record.set(logicalId, { ...recorded, ...functions, attempted: properties });
  const physicalResourceId = await callResource(resource, event, options);
  options.record.set(logicalId, { ...functions, physicalResourceId, properties });
  const former = recorded?.physicalResourceId;
  if (recorded !== undefined && former !== undefined && former !== physicalResourceId) {
    await deleteResource(logicalId, recorded, options);
  }
}

async function deleteResource(
  logicalId: string,
  recorded: RecordedResource,
  options: DeployOptions,
): Promise<void> {
  if (recorded.physicalResourceId === undefined) return;
  const resource = {
    logicalId,
    type: recorded.type,
    onEventArn: recorded.onEventArn,
    isCompleteArn: recorded.isCompleteArn,
    properties: recorded.properties ?? {},
  };
  const event = {
    ...baseEvent(resource, options),
    RequestType: 'Delete',
    PhysicalResourceId: recorded.physicalResourceId,
  };
  await callResource(resource, event, options);
}

function deployEvent(
  resource: LocalCustomResource,
  recorded: RecordedResource | undefined,
  options: DeployOptions,
): ResourceEvent {
  const base = baseEvent(resource, options);
  if (recorded?.physicalResourceId === undefined) return { ...base, RequestType: 'Create' };
  return {
    ...base,
    RequestType: 'Update',
    PhysicalResourceId: recorded.physicalResourceId,
    OldResourceProperties: recorded.properties ?? {},
  };
}

function baseEvent(resource: LocalCustomResource, { stackId }: DeployOptions): ResourceEvent {
  return {
    StackId: stackId,
    RequestId: randomUUID(),
    LogicalResourceId: resource.logicalId,
    ResourceType: resource.type,
    ServiceToken: resource.properties['ServiceToken'],
    ResourceProperties: resource.properties,
  };
}

/** Calls `onEvent`, waits for `isComplete`, and gives the resource's physical id. */
async function callResource(
  resource: LocalCustomResource,
  event: ResourceEvent,
  options: DeployOptions,
): Promise<string> {
  const { onEventArn, isCompleteArn } = resource;
  const answer = await callFunction(onEventArn, event, { resource, options });
  const physicalResourceId = String(
    answer['PhysicalResourceId'] ?? event['PhysicalResourceId'] ?? event['RequestId'],
  );
  if (isCompleteArn !== undefined) {
    const pending = { ...event, ...answer, PhysicalResourceId: physicalResourceId };
    await waitUntilComplete(isCompleteArn, pending, { resource, options });
  }
  return physicalResourceId;
}

interface CallContext {
  readonly resource: LocalCustomResource;
  readonly options: DeployOptions;
}

async function waitUntilComplete(
  functionArn: string,
  event: ResourceEvent,
  context: CallContext,
): Promise<void> {
  const timeoutMs = context.options.timeoutMs ?? 55 * 60_000;
  const deadline = Date.now() + timeoutMs;
  for (let pauseMs = firstPollMs; ; pauseMs = Math.min(pauseMs * 2, slowestPollMs)) {
    const answer = await callFunction(functionArn, event, context);
    if (answer['IsComplete'] === true) return;
    if (Date.now() >= deadline) {
      throw deployError(functionArn, `is not complete after ${timeoutMs / 1000} s`, context);
    }
    await delay(pauseMs, undefined, { signal: context.options.signal });
  }
}

async function callFunction(
  functionArn: string,
  event: ResourceEvent,
  context: CallContext,
): Promise<Record<string, unknown>> {
  const { payload, functionError } = await context.options.invoke(functionArn, event);
  if (functionError === undefined) return isObject(payload) ? payload : {};
  const { errorType, errorMessage } = isObject(payload) ? payload : {};
  throw deployError(functionArn, `${String(errorType)}: ${String(errorMessage)}`, context);
}

function deployError(functionArn: string, reason: string, context: CallContext): LocalError {
  const { resource, options } = context;
  const name = functionArn.split(':')[6] ?? functionArn;
  return new LocalError(
    'LOCAL_DEPLOY_FAILED',
    `The deploy stopped at ${nameOf(resource)} (function ${name}): ${reason}`,
    {
      next: `correct the cause, then npm start; the function's log: ${options.logDir}/${name}.log`,
    },
  );
}

/** `MigrateFleet` for a `Custom::MigrateFleet`: logical ids end in a hash. */
function nameOf({ type, logicalId }: LocalCustomResource): string {
  return type.startsWith('Custom::') ? type.slice('Custom::'.length) : logicalId;
}
