import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type AttributeValue,
} from '@aws-sdk/client-dynamodb';
import type { TenantId } from '@tenantry/tenancy';
import type { CacheItem, CacheTable, CountStep, PageRequest } from './cache-table.ts';
import { beginAnew, goOn, type NumberUpdate } from './count-update.ts';
import { toAttributes, toCacheItem, type Item } from './item-attributes.ts';
import { translateCacheError } from './translate-cache-error.ts';

/** Where a tenant's items are, and the tenant's own clients. */
export interface DynamoDbTableOptions {
  readonly tableName: string;
  readonly tenantId: TenantId;
  readonly client: DynamoDBClient;
  /** Sends each call once: counting again what was counted already is worse than an error. */
  readonly countingClient: DynamoDBClient;
}

// Most of these words are reserved in DynamoDB's expressions.
const [tenantName, keyName] = [{ '#tenant': 'tenant' }, { '#key': 'key' }];
const [valueName, expiresName] = [{ '#value': 'value' }, { '#expires': 'expires_at' }];
const maxDeletes = 25;
const batchesAtOnce = 8;

/** A tenant's items in DynamoDB: the tenant's id is the partition key, by which the rights of its credentials are cut. */
export class DynamoDbTable implements CacheTable {
  readonly #options: DynamoDbTableOptions;

  constructor(options: DynamoDbTableOptions) {
    this.#options = options;
  }

  async find(key: string): Promise<CacheItem | undefined> {
    const { client, tableName: TableName } = this.#options;
    const command = new GetItemCommand({ TableName, Key: this.#idOf(key), ConsistentRead: true });
    const { Item: item } = await told(client.send(command));
    return item === undefined ? undefined : toCacheItem(item);
  }

  async put(item: CacheItem): Promise<void> {
    const { client, tableName: TableName } = this.#options;
    const attributes = { ...this.#idOf(item.key), ...toAttributes(item) };
    await told(client.send(new PutItemCommand({ TableName, Item: attributes })));
  }

  async remove(key: string): Promise<void> {
    const { client, tableName: TableName } = this.#options;
    await told(client.send(new DeleteItemCommand({ TableName, Key: this.#idOf(key) })));
  }

  async count(key: string, step: CountStep): Promise<number> {
    for (;;) {
      const sum =
        (await this.#updateNumber(key, goOn(step))) ??
        (await this.#updateNumber(key, beginAnew(step)));
      // Neither fits only when somebody else began anew in between.
      if (sum !== undefined) return sum;
    }
  }

  async page(request: PageRequest): Promise<{ items: CacheItem[]; last: string | undefined }> {
    const items: CacheItem[] = [];
    let last = request.after;
    do {
      const limit = request.limit - items.length;
      const found = await this.#query({ ...request, limit, after: last });
      items.push(...found.items);
      last = found.last;
    } while (last !== undefined && items.length < request.limit);
    return { items, last };
  }

  // What a batch leaves unprocessed is met again.
  async removeAll(): Promise<void> {
    for (let ids = await this.#findIds(); ids.length > 0; ids = await this.#findIds()) {
      const batches = inParts(ids, maxDeletes);
      for (const some of inParts(batches, batchesAtOnce))
        await Promise.all(some.map((batch) => this.#removeBatch(batch)));
    }
  }

  #idOf(key: string): Item {
    return { tenant: { S: this.#options.tenantId }, key: { S: key } };
  }

  /** The number as it then is, or undefined when the update's condition does not hold. */
  async #updateNumber(key: string, update: NumberUpdate): Promise<number | undefined> {
    const { countingClient, tableName: TableName } = this.#options;
    const command = new UpdateItemCommand({
      ...update,
      TableName,
      Key: this.#idOf(key),
      ExpressionAttributeNames: { ...valueName, ...expiresName },
      ReturnValues: 'UPDATED_NEW',
    });
    try {
      const { Attributes } = await told(countingClient.send(command));
      return Number(Attributes?.['value']?.N);
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw toNumberError(error, key);
    }
  }

  async #query(request: PageRequest): Promise<{ items: CacheItem[]; last: string | undefined }> {
    const { client, tableName: TableName, tenantId } = this.#options;
    const { prefix, limit, after, now } = request;
    const isPrefixed = prefix !== '';
    const command = new QueryCommand({
      TableName,
      ConsistentRead: true,
      KeyConditionExpression: `#tenant = :tenant${isPrefixed ? ' AND begins_with(#key, :prefix)' : ''}`,
      FilterExpression: 'attribute_not_exists(#expires) OR #expires > :now',
      ExpressionAttributeNames: { ...tenantName, ...expiresName, ...(isPrefixed && keyName) },
      ExpressionAttributeValues: {
        ':tenant': { S: tenantId },
        ':now': { N: String(now) },
        ...(isPrefixed && { ':prefix': { S: prefix } }),
      },
      Limit: limit,
      ...(after !== undefined && { ExclusiveStartKey: this.#idOf(after) }),
    });
    const { Items = [], LastEvaluatedKey } = await told(client.send(command));
    return { items: Items.map(toCacheItem), last: LastEvaluatedKey?.['key']?.S };
  }

  async #findIds(): Promise<Record<string, AttributeValue>[]> {
    const { client, tableName: TableName, tenantId } = this.#options;
    const command = new QueryCommand({
      TableName,
      ConsistentRead: true,
      KeyConditionExpression: '#tenant = :tenant',
      ProjectionExpression: '#tenant, #key',
      ExpressionAttributeNames: { ...tenantName, ...keyName },
      ExpressionAttributeValues: { ':tenant': { S: tenantId } },
    });
    const { Items = [] } = await told(client.send(command));
    return Items;
  }

  async #removeBatch(ids: readonly Item[]): Promise<void> {
    const { client, tableName } = this.#options;
    const requests = ids.map((Key) => ({ DeleteRequest: { Key } }));
    const RequestItems = { [tableName]: requests };
    await told(client.send(new BatchWriteItemCommand({ RequestItems })));
  }
}

function inParts<Part>(items: readonly Part[], size: number): Part[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, at) => items.slice(at * size, (at + 1) * size));
}

/** The answer; an error is one that callers can act on. */
async function told<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    throw translateCacheError(error);
  }
}

function toNumberError(error: unknown, key: string): unknown {
  if (!(error instanceof Error) || !/incorrect data type/i.test(error.message)) return error;
  const reason = `the value of "${key}" is no whole number: it cannot be counted`;
  return new TypeError(reason, { cause: error });
}
