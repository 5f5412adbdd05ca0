import { rm } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { openDynalite, type Dynalite } from './dynalite.ts';

/** A table as CloudFormation describes it, without what only the cloud knows. */
export interface LocalTable {
  readonly name: string;
  readonly arn: string;
  readonly keySchema: readonly { readonly AttributeName: string; readonly KeyType: string }[];
  readonly attributeDefinitions: readonly {
    readonly AttributeName: string;
    readonly AttributeType: string;
  }[];
}

/** Opens the tables kept in `dir`, made when they do not exist. */
export async function openTableStore(
  dir: string,
  tables: readonly LocalTable[],
): Promise<Dynalite> {
  const store = openDynalite(dir);
  for (const table of tables) {
    const status = await findStatus(store, table);
    if (status === 'CREATING') {
      // Whoever made it was killed before it was ready: nothing can be in it, and it would stay so.
      await store.close();
      await rm(dir, { recursive: true });
      return await openTableStore(dir, tables);
    }
    if (status === undefined) await createTable(store, table);
  }
  return store;
}

async function findStatus(store: Dynalite, { name }: LocalTable): Promise<string | undefined> {
  try {
    const answer = await store.run('DescribeTable', { TableName: name });
    return (answer as { readonly Table: { readonly TableStatus: string } }).Table.TableStatus;
  } catch (error) {
    if ((error as Error).name === 'NotFoundError') return undefined;
    throw error;
  }
}

async function createTable(store: Dynalite, table: LocalTable): Promise<void> {
  await store.run('CreateTable', {
    TableName: table.name,
    KeySchema: table.keySchema,
    AttributeDefinitions: table.attributeDefinitions,
    BillingMode: 'PAY_PER_REQUEST',
  });
  while ((await findStatus(store, table)) !== 'ACTIVE') await setImmediate();
}
