import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalStack } from '../assembly/local-stack.ts';
import type { Template } from '../assembly/template.ts';
import { ResourceFailure } from './resource-failure.ts';
import type { StackGround } from './stack-ground.ts';
import type { StackRecord } from './stack-record.ts';

/** Where in its folder a stack keeps the items of its tables. */
export function itemsDirOf(stackFolder: string): string {
  return join(stackFolder, 'items');
}

/** What a stack had, and what it has now. */
export interface StackReplacement {
  readonly record: StackRecord;
  readonly former: LocalStack | undefined;
  readonly stack: LocalStack;
  /** Names of the secrets that are still needed. */
  readonly usedSecrets: ReadonlySet<string>;
}

/** Removes what the stack had and has no more. */
export async function removeFormer(
  { record, former, stack, usedSecrets }: StackReplacement,
  ground: StackGround,
): Promise<void> {
  const functions = new Set(stack.functions.map(({ name }) => name));
  const clusters = new Set(stack.clusters.map(({ arn }) => arn));
  const goneFunctions = (former?.functions ?? []).filter(({ name }) => !functions.has(name));
  const goneClusters = (former?.clusters ?? []).filter(({ arn }) => !clusters.has(arn));
  await Promise.all(goneFunctions.map(({ name }) => ground.lambda.remove(name)));
  await Promise.all(goneClusters.map(({ arn }) => ground.dataApi.remove(arn)));
  const kept = new Set(stack.clusters.map(({ logicalId }) => logicalId));
  await removeServers(
    record,
    goneClusters.map(({ logicalId }) => logicalId).filter((logicalId) => !kept.has(logicalId)),
    ground,
  );
  await removeSecrets(record, (name) => !usedSecrets.has(name), ground);
}

/** Removes all that the stack has. It may be done again at any time. Throws `ResourceFailure`. */
export async function removeResources(record: StackRecord, ground: StackGround): Promise<void> {
  const templates = [record.design, record.nextDesign].flatMap((design) => design?.template ?? []);
  for (const template of templates) assertUnprotected(template);
  const former = ground.stacks.find(record.name);
  ground.stacks.remove(record.name);
  await Promise.all((former?.functions ?? []).map(({ name }) => ground.lambda.remove(name)));
  await Promise.all((former?.clusters ?? []).map(({ arn }) => ground.dataApi.remove(arn)));
  const itemsDir = itemsDirOf(ground.store.folderOf(record));
  await ground.dynamoDb.remove(itemsDir);
  await rm(itemsDir, { recursive: true, force: true });
  await removeServers(record, templates.flatMap(clusterIdsOf), ground);
  await removeSecrets(record, () => true, ground);
}

/** Logical ids of the template's clusters. */
export function clusterIdsOf({ Resources }: Template): string[] {
  return Object.keys(Resources).filter((id) => Resources[id]?.Type === 'AWS::RDS::DBCluster');
}

/** Ends the servers of these clusters, and removes their data. */
export async function removeServers(
  record: StackRecord,
  clusterIds: readonly string[],
  { servers, store }: StackGround,
): Promise<void> {
  if (clusterIds.length === 0) return;
  const dir = store.folderOf(record);
  await servers.remove({ stackName: record.name, dir, clusterIds: [...new Set(clusterIds)] });
}

function assertUnprotected(template: Template): void {
  const id = clusterIdsOf(template).find(
    (it) => template.Resources[it]?.Properties?.['DeletionProtection'] === true,
  );
  if (id === undefined) return;
  throw new ResourceFailure(
    id,
    'Cannot delete protected Cluster, please disable deletion protection and try again.',
  );
}

async function removeSecrets(
  record: StackRecord,
  isGone: (name: string) => boolean,
  { secrets, store }: StackGround,
): Promise<void> {
  const gone = record.secrets.filter(isGone);
  for (const SecretId of gone)
    await secrets.handle('DeleteSecret', { SecretId, ForceDeleteWithoutRecovery: true });
  if (gone.length === 0) return;
  record.secrets = record.secrets.filter((name) => !gone.includes(name));
  store.save(record);
}
