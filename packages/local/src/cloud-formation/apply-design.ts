import { UnresolvableError } from '../assembly/assembly-error.ts';
import type { LocalStack } from '../assembly/local-stack.ts';
import { resolveStack } from '../assembly/resolve-assembly.ts';
import { StackScope, type ResolveOptions } from '../assembly/stack-scope.ts';
import type { RunningPostgres } from '../postgres/start-postgres.ts';
import { assertNamesFree } from './assert-names-free.ts';
import { itemsDirOf, removeFormer } from './remove-resources.ts';
import { ResourceFailure, toResourceFailure } from './resource-failure.ts';
import type { StackGround } from './stack-ground.ts';
import type { StackDesign, StackRecord } from './stack-record.ts';
import { createStackSecrets } from './stack-secrets.ts';
import type { ServersOfStack } from './stack-servers.ts';

/** What a design came to. */
export interface AppliedDesign {
  readonly stack: LocalStack;
  /** The servers of its clusters. */
  readonly servers: readonly RunningPostgres[];
}

/**
 * Makes the resources of a design real, in the place of those that the stack has: servers first, then all that stands on them, and what
 * is not in the design goes. It may be done again at any time, also after a kill in the middle. Throws `ResourceFailure`; what the
 * stack had still runs then.
 */
export async function applyDesign(
  record: StackRecord,
  design: StackDesign,
  ground: StackGround,
): Promise<AppliedDesign> {
  const { store, code, stacks } = ground;
  const assetDirs = await code.keep(design.template);
  const others = () => stacks.others(record.name);
  const secrets = createStackSecrets(record, ground);
  const openScope = (ensureSecret: ResolveOptions['ensureSecret']) =>
    openStackScope({ record, design, assetDirs, ensureSecret }, ground);
  const trial = openScope((secret) => secrets.check(secret));
  resolve(trial, others());
  const clusterIds = trial.idsOfType('AWS::RDS::DBCluster');
  const dir = store.folderOf(record);
  const servers = await startServers({ stackName: record.name, dir, clusterIds }, ground);
  // Another stack may have taken a name meanwhile; from here on nothing is waited for until all is registered.
  const stack = resolve(
    openScope((secret) => secrets.ensure(secret, servers)),
    others(),
  );
  const former = stacks.find(record.name);
  register({ stack, former, dir, servers }, ground);
  await removeFormer({ record, former, stack, usedSecrets: secrets.used }, ground);
  return { stack, servers: [...servers.values()] };
}

interface ScopeSource {
  readonly record: StackRecord;
  readonly design: StackDesign;
  readonly assetDirs: ReadonlyMap<string, string>;
  readonly ensureSecret: ResolveOptions['ensureSecret'];
}

function openStackScope(
  { record, design, assetDirs, ensureSecret }: ScopeSource,
  { place, store }: StackGround,
): StackScope {
  const { template, parameters } = design;
  const assembly = { dir: store.folderOf(record), stackName: record.name, template, assetDirs };
  return new StackScope(assembly, { ...place, parameters, stackId: record.id, ensureSecret });
}

async function startServers(
  stack: ServersOfStack,
  { servers }: StackGround,
): Promise<ReadonlyMap<string, RunningPostgres>> {
  try {
    return await servers.start(stack);
  } catch (error) {
    throw toResourceFailure(error, stack.clusterIds[0] ?? stack.stackName);
  }
}

interface Registration {
  readonly stack: LocalStack;
  readonly former: LocalStack | undefined;
  /** The stack's folder. */
  readonly dir: string;
  readonly servers: ReadonlyMap<string, RunningPostgres>;
}

function register(
  { stack, former, dir, servers }: Registration,
  { dynamoDb, dataApi, openDataApi, lambda, stacks }: StackGround,
): void {
  if (stack.tables.length > 0 || former !== undefined)
    dynamoDb.add({ dir: itemsDirOf(dir), tables: stack.tables });
  for (const { arn, logicalId } of stack.clusters) {
    const server = servers.get(logicalId);
    const isKnown = former?.clusters.some((cluster) => cluster.arn === arn) === true;
    if (server !== undefined && !isKnown) dataApi.add(arn, openDataApi(server));
  }
  lambda.deploy(stack.functions);
  stacks.set(stack);
}

/** The stack with all references resolved, of which nothing has a name that another stack uses. */
function resolve(scope: StackScope, others: readonly LocalStack[]): LocalStack {
  try {
    const stack = resolveStack(scope);
    const [custom] = stack.customResources;
    if (custom !== undefined)
      throw new UnresolvableError(
        'custom resources run in the stack of the assembly only',
        custom.logicalId,
      );
    assertNamesFree(scope, others);
    return stack;
  } catch (error) {
    if (!(error instanceof UnresolvableError)) throw error;
    const reason = [scope.place(), error.message].filter((part) => part !== '').join(': ');
    const logicalId = error.logicalId ?? scope.findStoppedAt() ?? scope.names.stackName;
    throw new ResourceFailure(logicalId, reason, { cause: error });
  }
}
