import { assemblyError, UnresolvableError } from './assembly-error.ts';
import type { Assembly } from './cloud-assembly.ts';
import type { LocalMachine } from '../step-functions/machine-definition.ts';
import type { LocalStack, StackCluster } from './local-stack.ts';
import { resolveApis } from './resolve-apis.ts';
import { resolveCustomResources } from './resolve-custom-resources.ts';
import { findCloudOnlyResources, resolveFunctions } from './resolve-functions.ts';
import { resolveValue } from './resolve-intrinsics.ts';
import { resolveRoles } from './resolve-roles.ts';
import { resolveTables } from './resolve-tables.ts';
import { findIdentify } from './resource-identity.ts';
import { isCustomResourceType, typesWithoutLocalMeaning } from './resource-types.ts';
import { StackScope, type ResolveOptions } from './stack-scope.ts';

/**
 * The stack of `assembly` with every reference resolved. Secrets are made on the way, through `options.ensureSecret`, because their
 * ARNs are part of what is resolved. Throws `LocalError` (`LOCAL_ASSEMBLY_INVALID`) that names the resource and its type.
 */
export function resolveAssembly(assembly: Assembly, options: ResolveOptions): LocalStack {
  const scope = new StackScope(assembly, options);
  try {
    return resolveStack(scope);
  } catch (error) {
    if (!(error instanceof UnresolvableError)) throw error;
    const place = scope.place();
    throw assemblyError(place === '' ? error.message : `${place}: ${error.message}`, error);
  }
}

/** The stack that `scope` reads, likewise. Throws `UnresolvableError`; the scope then tells where. */
export function resolveStack(scope: StackScope): LocalStack {
  refuseUnknownTypes(scope);
  const cloudOnly = findCloudOnlyResources(scope);
  for (const secretId of scope.idsOfType('AWS::SecretsManager::Secret')) scope.identity(secretId);
  return {
    name: scope.names.stackName,
    region: scope.names.region,
    accountId: scope.names.accountId,
    functions: resolveFunctions(scope, cloudOnly),
    machines: resolveMachines(scope, cloudOnly),
    clusters: scope.idsOfType('AWS::RDS::DBCluster').map((id) => resolveCluster(scope, id)),
    apis: resolveApis(scope),
    tables: resolveTables(scope),
    roles: resolveRoles(scope),
    customResources: resolveCustomResources(scope),
    outputs: resolveOutputs(scope),
  };
}

function refuseUnknownTypes(scope: StackScope): void {
  for (const [logicalId, { Type }] of scope.resources()) {
    const isKnown =
      findIdentify(Type) !== undefined ||
      typesWithoutLocalMeaning.has(Type) ||
      isCustomResourceType(Type);
    if (!isKnown)
      throw new UnresolvableError(
        `resource type ${Type} (${logicalId}) is not known here`,
        logicalId,
      );
  }
}

function resolveMachines(scope: StackScope, cloudOnly: ReadonlySet<string>): LocalMachine[] {
  return scope
    .idsOfType('AWS::StepFunctions::StateMachine')
    .filter((logicalId) => !cloudOnly.has(logicalId))
    .map((logicalId) => ({
      name: scope.getAtt(logicalId, 'Name'),
      arn: scope.getAtt(logicalId, 'Arn'),
      definition: resolveDefinition(scope, logicalId),
    }));
}

function resolveDefinition(scope: StackScope, logicalId: string): Record<string, unknown> {
  const text = scope.requiredText(logicalId, 'DefinitionString');
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw assemblyError(`the definition of ${logicalId} is not JSON`, cause);
  }
}

function resolveCluster(scope: StackScope, logicalId: string): StackCluster {
  const secretId = scope.findMasterSecretId(logicalId);
  const isManaged = scope.value(logicalId, 'ManageMasterUserPassword') === true;
  return {
    logicalId,
    arn: scope.getAtt(logicalId, 'DBClusterArn'),
    database: scope.text(logicalId, 'DatabaseName'),
    masterSecretArn:
      secretId !== undefined
        ? scope.identity(secretId).ref
        : isManaged
          ? scope.getAtt(logicalId, 'MasterUserSecret.SecretArn')
          : undefined,
  };
}

// An output is for people and scripts: one that has no value on a laptop (a bucket's name, a role) is left out.
function resolveOutputs(scope: StackScope): Record<string, string> {
  const outputs = Object.entries(scope.assembly.template.Outputs ?? {});
  return Object.fromEntries(
    outputs.flatMap(([name, { Value, Condition }]) => {
      if (Condition !== undefined && !scope.condition(Condition)) return [];
      try {
        return [[name, String(resolveValue(Value, scope))]];
      } catch (error) {
        if (error instanceof UnresolvableError) return [];
        throw error;
      }
    }),
  );
}
