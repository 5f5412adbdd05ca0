import { UnresolvableError } from './assembly-error.ts';
import type { LocalCustomResource } from './local-stack.ts';
import { noValue, referencesIn, resolveValue } from './resolve-intrinsics.ts';
import { frameworkVariables, rawVariables } from './resolve-functions.ts';
import { isCustomResourceType, typesWithoutLocalMeaning } from './resource-types.ts';
import type { StackScope } from './stack-scope.ts';
import { isObject } from './template.ts';

/** The custom resources that mean something here, each after all that it depends on, directly or through other resources. */
export function resolveCustomResources(scope: StackScope): LocalCustomResource[] {
  return sortByDependencies(scope)
    .filter((logicalId) => isLocalCustomResource(scope.resource(logicalId).Type))
    .map((logicalId) => resolveCustomResource(scope, logicalId));
}

function isLocalCustomResource(type: string): boolean {
  return isCustomResourceType(type) && !typesWithoutLocalMeaning.has(type);
}

function resolveCustomResource(scope: StackScope, logicalId: string): LocalCustomResource {
  const { Type, Properties } = scope.resource(logicalId);
  const [providerId] = referencesIn(Properties?.['ServiceToken']);
  const variables = providerId === undefined ? {} : rawVariables(scope, providerId);
  const onEvent = findVariable(scope, variables[frameworkVariables.onEvent]);
  if (onEvent === undefined) {
    throw new UnresolvableError(
      `custom resource ${logicalId} (${Type}) does not go through CDK's provider framework, so it cannot be called here`,
    );
  }
  return {
    logicalId,
    type: Type,
    onEventArn: onEvent,
    isCompleteArn: findVariable(scope, variables[frameworkVariables.isComplete]),
    properties: resolveProperties(scope, logicalId),
  };
}

function findVariable(scope: StackScope, value: unknown): string | undefined {
  return value === undefined ? undefined : String(resolveValue(value, scope));
}

function resolveProperties(scope: StackScope, logicalId: string): Record<string, unknown> {
  const names = Object.keys(scope.resource(logicalId).Properties ?? {});
  return Object.fromEntries(
    names
      .map((name) => [name, scope.value(logicalId, name)] as const)
      .filter(([, value]) => value !== undefined && value !== noValue)
      .map(([name, value]) => [name, withTextScalars(value)]),
  );
}

function withTextScalars(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withTextScalars);
  if (!isObject(value)) return String(value);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withTextScalars(item)]),
  );
}

function sortByDependencies(scope: StackScope): string[] {
  const resources = new Map(scope.resources());
  const sorted = new Set<string>();
  const open = new Set<string>();
  const visit = (logicalId: string): void => {
    const resource = resources.get(logicalId);
    if (resource === undefined || sorted.has(logicalId)) return;
    if (open.has(logicalId)) {
      throw new UnresolvableError(
        `resources depend on each other: ${[...open, logicalId].join(', ')}`,
      );
    }
    open.add(logicalId);
    [resource.DependsOn ?? []].flat().forEach(visit);
    referencesIn(resource.Properties).forEach(visit);
    open.delete(logicalId);
    sorted.add(logicalId);
  };
  [...resources.keys()].forEach(visit);
  return [...sorted];
}
