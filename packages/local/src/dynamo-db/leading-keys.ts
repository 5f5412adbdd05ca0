import { AwsError } from '../aws/aws-error.ts';
import { findString, type RequestBody } from '../aws/request-body.ts';

/** The partition keys that a request names in one table. */
export interface TableAccess {
  readonly table: string;
  /** Empty for a request that names none, such as `Scan`. */
  readonly leadingKeys: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * The tables of a request with the partition keys it names in each, which IAM compares as `dynamodb:LeadingKeys`. Throws
 * `ValidationException` for a key condition that is not understood: what cannot be compared must not pass.
 */
export function findAccess(
  action: string,
  body: RequestBody,
  partitionKeyOf: (table: string) => string,
): readonly TableAccess[] {
  const toAccess = (table: string, items: readonly unknown[]): TableAccess => ({
    table,
    leadingKeys: items.map((item) => readKey(item, partitionKeyOf(table))),
  });
  const table = findString(body, 'TableName') ?? '';
  switch (action) {
    case 'GetItem':
    case 'DeleteItem':
    case 'UpdateItem':
      return [toAccess(table, [body['Key']])];
    case 'PutItem':
      return [toAccess(table, [body['Item']])];
    case 'Query':
      return [{ table, leadingKeys: [readQueriedKey(body, partitionKeyOf(table))] }];
    case 'BatchGetItem':
      return tablesOf(body).map(([name, request]) =>
        toAccess(name, listOf(fieldsOf(request)['Keys'])),
      );
    case 'BatchWriteItem':
      return tablesOf(body).map(([name, requests]) =>
        toAccess(name, listOf(requests).map(writtenKey)),
      );
    default:
      return [{ table, leadingKeys: [] }];
  }
}

function tablesOf(body: RequestBody): [table: string, request: unknown][] {
  return Object.entries(fieldsOf(body['RequestItems']));
}

function writtenKey(request: unknown): unknown {
  const { PutRequest, DeleteRequest } = fieldsOf(request);
  return fieldsOf(PutRequest)['Item'] ?? fieldsOf(DeleteRequest)['Key'];
}

function readKey(item: unknown, partitionKey: string): string {
  return readText(fieldsOf(item)[partitionKey], `Missing the key ${partitionKey} in the item`);
}

/** The value that a query's condition says the partition key equals. */
function readQueriedKey(body: RequestBody, partitionKey: string): string {
  const names = fieldsOf(body['ExpressionAttributeNames']);
  const values = fieldsOf(body['ExpressionAttributeValues']);
  const equalities = (findString(body, 'KeyConditionExpression') ?? '').matchAll(
    /([#\w.-]+)\s*=\s*(:\w+)/g,
  );
  const [only, ...more] = [...equalities].filter(
    ([, name = '']) => (name.startsWith('#') ? names[name] : name) === partitionKey,
  );
  const value = only?.[2];
  if (value === undefined || more.length > 0) throw notUnderstood(partitionKey);
  return readText(values[value], `Query condition missed key schema element: ${partitionKey}`);
}

function notUnderstood(partitionKey: string): AwsError {
  return new AwsError(
    'ValidationException',
    `Query needs a KeyConditionExpression that compares the partition key once, as in "${partitionKey} = :value".`,
  );
}

function readText(value: unknown, reason: string): string {
  const { S: text } = fieldsOf(value);
  if (typeof text === 'string') return text;
  throw new AwsError('ValidationException', `One or more parameter values were invalid: ${reason}`);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}
