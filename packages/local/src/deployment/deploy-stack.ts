import type { LocalStack } from '../assembly/local-stack.ts';
import { localStackId } from '../assembly/resource-identity.ts';
import {
  removeFormerResources,
  runCustomResources,
  type DeployOptions,
} from './run-custom-resources.ts';

/** A deploy, and what to do in the middle of it. */
export interface DeployStackOptions extends Omit<DeployOptions, 'stackId'> {
  /** Called when the ground is prepared and before any resource that is waited for. */
  readonly resume: () => void;
}

/**
 * Deploys a stack's custom resources as a start of the local system does. Those that answer at once come first: they prepare what
 * interrupted executions stand on, roles and catalog. Then the executions resume, and then come the resources from the first one
 * that is waited for: it may start an execution under a name that is already at work.
 */
export async function deployStack(stack: LocalStack, options: DeployStackOptions): Promise<void> {
  const { customResources, name: stackName, region, accountId } = stack;
  const deploy = { ...options, stackId: localStackId({ stackName, region, accountId }) };
  const waited = customResources.findIndex(({ isCompleteArn }) => isCompleteArn !== undefined);
  const split = waited === -1 ? customResources.length : waited;
  await runCustomResources(customResources.slice(0, split), deploy);
  options.resume();
  await runCustomResources(customResources.slice(split), deploy);
  const functionArns = new Set(stack.functions.map(({ arn }) => arn));
  await removeFormerResources(customResources, functionArns, deploy);
}
