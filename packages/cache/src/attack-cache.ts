import {
  BatchGetItemCommand,
  DynamoDBClient,
  ExecuteStatementCommand,
  GetItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  type AttributeValue,
} from '@aws-sdk/client-dynamodb';
import { STSClient } from '@aws-sdk/client-sts';
import { parseTenantId, type TenantId } from '@tenantry/tenancy';
import { assumeTenantRole, type CachePlace, type CacheTableAddress } from './tenant-clients.ts';

/** How an attack on a cache ended. */
export interface CacheAttackResult {
  readonly name: string;
  /** Name of the refusal, or `served`. */
  readonly outcome: string;
  /** Whether the wall held; of the tenant's own items, whether they were served. */
  readonly hasHeld: boolean;
}

type Id = Record<string, AttributeValue>;
type Call = (client: DynamoDBClient) => Promise<unknown>;

/**
 * Tries with one tenant's own session everything against another tenant's cache that changes nothing, and once the same with its own items,
 * so that a session that reaches nothing at all does not pass for a wall.
 *
 * @example
 * const results = await attackCache({ tableName, roleArn }, { attacker, victim });
 */
export async function attackCache(
  { tableName, roleArn, ...place }: CacheTableAddress & CachePlace,
  pair: { readonly attacker: TenantId; readonly victim: TenantId },
): Promise<CacheAttackResult[]> {
  const [attacker, victim] = [parseTenantId(pair.attacker), parseTenantId(pair.victim)];
  const sts = new STSClient(place);
  const credentials = await assumeTenantRole(sts, { roleArn, tenantId: attacker });
  const client = new DynamoDBClient({ ...place, credentials });
  try {
    const own = await tryOut(queryOf(tableName, attacker), client);
    const results = [{ name: 'list the own values', outcome: own, hasHeld: own === served }];
    for (const [name, call] of attacksOn(victim, { attacker, tableName })) {
      const outcome = await tryOut(call, client);
      results.push({ name, outcome, hasHeld: refusals.has(outcome) });
    }
    return results;
  } finally {
    client.destroy();
    sts.destroy();
  }
}

const served = 'served';

/** No right, or nothing of that name: that the table is there, the own items show. */
const refusals = new Set(['AccessDeniedException', 'ResourceNotFoundException']);

async function tryOut(call: Call, client: DynamoDBClient): Promise<string> {
  try {
    await call(client);
    return served;
  } catch (error) {
    return error instanceof Error ? error.name : 'failed';
  }
}

function attacksOn(
  victim: TenantId,
  { attacker, tableName }: { readonly attacker: TenantId; readonly tableName: string },
): readonly (readonly [string, Call])[] {
  const [own, theirs] = [idOf(attacker), idOf(victim)];
  const get = (Key: Id) => ({ Get: { TableName: tableName, Key } });
  return [
    [
      "read the victim's value",
      (client) => client.send(new GetItemCommand({ TableName: tableName, Key: theirs })),
    ],
    ["list the victim's values", queryOf(tableName, victim)],
    ["list the victim's values from an own page on", queryOf(tableName, victim, own)],
    [
      "read the victim's value in a batch",
      (client) =>
        client.send(
          new BatchGetItemCommand({ RequestItems: { [tableName]: { Keys: [own, theirs] } } }),
        ),
    ],
    [
      "read the victim's value in a transaction",
      (client) =>
        client.send(new TransactGetItemsCommand({ TransactItems: [get(own), get(theirs)] })),
    ],
    ['scan the table', (client) => client.send(new ScanCommand({ TableName: tableName }))],
    [
      'read the table with PartiQL',
      (client) =>
        client.send(new ExecuteStatementCommand({ Statement: `select * from "${tableName}"` })),
    ],
  ];
}

function queryOf(TableName: string, tenant: TenantId, after?: Id): Call {
  const command = new QueryCommand({
    TableName,
    KeyConditionExpression: 'tenant = :tenant',
    ExpressionAttributeValues: { ':tenant': { S: tenant } },
    Limit: 1,
    ...(after !== undefined && { ExclusiveStartKey: after }),
  });
  return async (client) => await client.send(command);
}

function idOf(tenant: TenantId): Id {
  return { tenant: { S: tenant }, key: { S: 'secret' } };
}
