import { AwsError } from '../aws/aws-error.ts';
import type { AwsAnswer, AwsRequest } from '../aws/aws-request.ts';
import { parseRequestBody, type RequestBody } from '../aws/request-body.ts';
import type { AccessKeys, Principal } from '../iam/access-keys.ts';
import { isAllowed } from '../iam/policy-statement.ts';
import { isDynaliteError, operations, type Dynalite, type Operation } from './dynalite.ts';
import { findAccess } from './leading-keys.ts';
import { createTableFolders, type TableFolder } from './table-folders.ts';
import type { LocalTable } from './table-store.ts';

/** Whose tables there are from the start, and who is asking for them. */
export interface DynamoDbOptions extends TableFolder {
  readonly keys: AccessKeys;
}

/** A request's sender, and its body as JSON. */
export interface DynamoDbRequest extends Pick<AwsRequest, 'headers'> {
  readonly json: unknown;
}

/** DynamoDB, as far as items go: the rights of the sender are checked against the template's policies. */
export interface DynamoDb {
  handle(action: string, request: DynamoDbRequest): Promise<AwsAnswer>;
  /** Serves these tables too, or in the place of those of the same folder. */
  add(folder: TableFolder): void;
  /** Serves the tables of this folder no more; resolves when nothing is open in it. */
  remove(dir: string): Promise<void>;
  close(): Promise<void>;
}

/** DynamoDB over folders, each opened with the first request for one of its tables. */
export function createDynamoDb({ dir, tables, keys }: DynamoDbOptions): DynamoDb {
  const folders = createTableFolders();
  folders.add({ dir, tables });
  return {
    handle: async (action, { headers, json }) => {
      const principal = keys.getPrincipal(headers);
      const body = parseRequestBody(json);
      const access = findAccess(action, body, (name) => partitionKeyOf(folders.getTable(name)));
      for (const { table, leadingKeys } of access) {
        const resource = folders.getTable(table).arn;
        assertAllowed(principal, { action: `dynamodb:${action}`, resource, leadingKeys });
      }
      return await run(await folders.open(access.map(({ table }) => table)), action, body);
    },
    add: (folder) => folders.add(folder),
    remove: (name) => folders.remove(name),
    close: () => folders.close(),
  };
}

async function run(store: Dynalite, action: string, body: RequestBody): Promise<AwsAnswer> {
  if (!isOperation(action))
    throw new AwsError('UnknownOperationException', `There is no local service for ${action}.`);
  try {
    return toAnswer(200, await store.run(action, body));
  } catch (error) {
    if (!isDynaliteError(error)) throw error;
    return toAnswer(error.statusCode, error.body);
  }
}

function isOperation(action: string): action is Operation {
  return (operations as readonly string[]).includes(action);
}

function toAnswer(status: number, body: unknown): AwsAnswer {
  const headers = { 'content-type': 'application/x-amz-json-1.0' };
  return { status, headers, body: JSON.stringify(body) };
}

function partitionKeyOf({ name, keySchema }: LocalTable): string {
  const key = keySchema.find(({ KeyType }) => KeyType === 'HASH');
  if (key === undefined) throw new TypeError(`table ${name} has no partition key`);
  return key.AttributeName;
}

function assertAllowed(
  { role, arn, tags }: Principal,
  access: {
    readonly action: string;
    readonly resource: string;
    readonly leadingKeys: readonly string[];
  },
): void {
  const { action, resource, leadingKeys } = access;
  const own = Object.entries(tags).map(([key, value]) => [`aws:PrincipalTag/${key}`, [value]]);
  const context = { ...Object.fromEntries(own), 'dynamodb:LeadingKeys': leadingKeys };
  if (isAllowed(role.statements, { action, resource, context })) return;
  throw new AwsError(
    'AccessDeniedException',
    `User: ${arn} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
  );
}
