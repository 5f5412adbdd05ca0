import { UnresolvableError } from './assembly-error.ts';
import type { LocalFunction } from '../lambda/local-function.ts';
import { referencesIn } from './resolve-intrinsics.ts';
import { isCustomResourceType } from './resource-types.ts';
import type { StackScope } from './stack-scope.ts';
import { isObject, type TemplateResource } from './template.ts';

/** Names of the variables through which CDK's provider framework knows the functions it calls. */
export const frameworkVariables = {
  onEvent: 'USER_ON_EVENT_FUNCTION_ARN',
  isComplete: 'USER_IS_COMPLETE_FUNCTION_ARN',
  waiter: 'WAITER_STATE_MACHINE_ARN',
} as const;

/**
 * Logical ids of the functions and state machines that only carry custom resources between CloudFormation and the functions of the
 * application: CDK's provider framework with its waiter, and CDK's own single-purpose functions. Here the functions are called directly.
 */
export function findCloudOnlyResources(scope: StackScope): Set<string> {
  const tokens = scope
    .resources()
    .filter(([, { Type }]) => isCustomResourceType(Type))
    .flatMap(([, { Properties }]) => referencesIn(Properties?.['ServiceToken']));
  const frameworks = scope
    .idsOfType('AWS::Lambda::Function')
    .filter((logicalId) => frameworkVariables.onEvent in rawVariables(scope, logicalId));
  const waiters = frameworks.flatMap((logicalId) =>
    referencesIn(rawVariables(scope, logicalId)[frameworkVariables.waiter]),
  );
  return new Set([...tokens, ...frameworks, ...waiters, ...findTimeoutHandlers(scope, waiters)]);
}

/** The stack's own functions, without those in `cloudOnly`. */
export function resolveFunctions(
  scope: StackScope,
  cloudOnly: ReadonlySet<string>,
): LocalFunction[] {
  return scope
    .idsOfType('AWS::Lambda::Function')
    .filter((logicalId) => !cloudOnly.has(logicalId))
    .map((logicalId) => resolveFunction(scope, logicalId));
}

/** A function's environment with its references not yet resolved. */
export function rawVariables(scope: StackScope, logicalId: string): Record<string, unknown> {
  const environment = scope.resource(logicalId).Properties?.['Environment'];
  const variables = isObject(environment) ? environment['Variables'] : undefined;
  return isObject(variables) ? variables : {};
}

function resolveFunction(scope: StackScope, logicalId: string): LocalFunction {
  const { ref, attributes } = scope.identity(logicalId);
  return {
    name: ref,
    arn: attributes['Arn'] ?? ref,
    codeDir: findCodeDir(scope, logicalId),
    handler: scope.requiredText(logicalId, 'Handler'),
    environment: resolveVariables(scope, logicalId),
    timeoutSeconds: Number(scope.value(logicalId, 'Timeout') ?? 3),
    memoryMb: Number(scope.value(logicalId, 'MemorySize') ?? 128),
    roleArn: scope.text(logicalId, 'Role'),
  };
}

function resolveVariables(scope: StackScope, logicalId: string): Record<string, string> {
  const environment = scope.value(logicalId, 'Environment');
  const variables = isObject(environment) ? environment['Variables'] : undefined;
  if (!isObject(variables)) return {};
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, String(value)]),
  );
}

function findCodeDir(scope: StackScope, logicalId: string): string {
  const asset = codeAssetOf(scope.resource(logicalId));
  const codeDir = scope.assembly.assetDirs.get(asset);
  if (codeDir === undefined) {
    throw new UnresolvableError(
      `the code of function ${logicalId} (${asset}) is not in the assembly`,
      logicalId,
    );
  }
  return codeDir;
}

/** The hash of the file asset that is a function's code. */
export function codeAssetOf({ Properties }: TemplateResource): string {
  const code = Properties?.['Code'];
  const key = isObject(code) ? String(code['S3Key']) : 'inline';
  return key.replace(/\.zip$/, '');
}

function findTimeoutHandlers(scope: StackScope, waiters: readonly string[]): string[] {
  return waiters
    .flatMap((id) => referencesIn(scope.resource(id).Properties?.['DefinitionString']))
    .filter((id) => !id.startsWith('AWS::'));
}
