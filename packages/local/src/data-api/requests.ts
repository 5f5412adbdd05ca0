import { DataApiError } from './data-api-error.ts';

/** A parameter on the wire; what `value` holds is checked when it is bound. */
export interface SqlParameter {
  readonly name?: string;
  readonly value?: object;
  readonly typeHint?: string;
}

/** What every request says: which secret to log in with, and where. */
export interface Target {
  readonly secretArn: string;
  readonly database: string | undefined;
}

/** A request to run SQL, alone or in a transaction. */
export interface StatementRequest extends Target {
  readonly sql: string;
  readonly transactionId: string | undefined;
}

/** An ExecuteStatement request. */
export interface ExecuteRequest extends StatementRequest {
  readonly parameters: readonly SqlParameter[];
  readonly includeResultMetadata: boolean;
  readonly continueAfterTimeout: boolean;
  readonly longAsString: boolean;
  readonly decimalAsNumber: boolean;
  readonly asJson: boolean;
}

/** A BatchExecuteStatement request. */
export interface BatchRequest extends StatementRequest {
  readonly parameterSets: readonly (readonly SqlParameter[])[];
}

/** A CommitTransaction or RollbackTransaction request. */
export interface EndRequest {
  readonly secretArn: string;
  readonly transactionId: string;
}

const sqlCharacters = 65_536;
const requestBytes = 4 * 1024 * 1024;

type Body = Readonly<Record<string, unknown>>;

/** Throws `ValidationException` unless the body is an object, `BadRequestException` when it is over 4 MiB. */
export function parseBody(body: unknown): Body {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalid('body', 'must be a JSON object');
  }
  assertSize(body);
  return body as Body;
}

/** Bytes on the wire are at most six times the characters (`\u0000`), so most requests need no exact measure. */
function assertSize(body: object): void {
  const { sql, parameters, parameterSets } = body as Body;
  if (parameters === undefined && parameterSets === undefined) return;
  const estimate = typeof sql === 'string' ? sql.length : 0;
  const longest = [parameters, parameterSets]
    .flat(3)
    .reduce((sum: number, parameter) => sum + 200 + estimateLength(parameter), estimate);
  if (longest * 6 < requestBytes) return;
  if (Buffer.byteLength(JSON.stringify(body)) > requestBytes) {
    throw new DataApiError('BadRequestException', 'The request exceeds the size limit 4 MB.');
  }
}

function estimateLength(parameter: unknown): number {
  const { value } = (parameter ?? {}) as { value?: Record<string, unknown> };
  const text = value?.['stringValue'] ?? value?.['blobValue'];
  return typeof text === 'string' ? text.length : 0;
}

/** Parses ExecuteStatement. */
export function parseExecute(body: Body): ExecuteRequest {
  const options = readObject(body, 'resultSetOptions') ?? {};
  return {
    ...parseStatement(body),
    parameters: parseParameters(body['parameters'], 'parameters'),
    includeResultMetadata: readFlag(body, 'includeResultMetadata'),
    continueAfterTimeout: readFlag(body, 'continueAfterTimeout'),
    longAsString: readChoice(options, 'longReturnType', ['LONG', 'STRING']) === 'STRING',
    decimalAsNumber:
      readChoice(options, 'decimalReturnType', ['STRING', 'DOUBLE_OR_LONG']) === 'DOUBLE_OR_LONG',
    asJson: readChoice(body, 'formatRecordsAs', ['NONE', 'JSON']) === 'JSON',
  };
}

/** Parses BatchExecuteStatement; no parameter sets count as one empty set. */
export function parseBatch(body: Body): BatchRequest {
  const sets = body['parameterSets'] ?? [];
  if (!Array.isArray(sets)) throw invalid('parameterSets', 'must be a list');
  const parameterSets = sets.map((set: unknown) => parseParameters(set, 'parameterSets'));
  return {
    ...parseStatement(body),
    parameterSets: parameterSets.length === 0 ? [[]] : parameterSets,
  };
}

/** Parses BeginTransaction. */
export function parseTarget(body: Body): Target {
  readText(body, 'resourceArn');
  if (body['schema'] !== undefined) {
    throw new DataApiError('ValidationException', "The schema parameter isn't supported");
  }
  const database = readOptionalText(body, 'database', 64);
  return {
    secretArn: readText(body, 'secretArn'),
    database: database === '' ? undefined : database,
  };
}

/** Parses CommitTransaction and RollbackTransaction. */
export function parseEnd(body: Body): EndRequest {
  readText(body, 'resourceArn');
  return {
    secretArn: readText(body, 'secretArn'),
    transactionId: readText(body, 'transactionId', 192),
  };
}

function parseStatement(body: Body): StatementRequest {
  const sql = body['sql'];
  if (typeof sql !== 'string') throw invalid('sql', 'must not be null');
  if (sql.length > sqlCharacters) {
    throw invalid('sql', `must have length less than or equal to ${sqlCharacters}`);
  }
  const transactionId = readOptionalText(body, 'transactionId', 192);
  return { ...parseTarget(body), sql, transactionId };
}

function parseParameters(value: unknown, field: string): readonly SqlParameter[] {
  if (value === undefined || value === null) return [];
  const isList = Array.isArray(value) && value.every((item) => typeof item === 'object' && item);
  if (!isList) throw invalid(field, 'must be a list of parameters');
  return value as SqlParameter[];
}

function readText(body: Body, field: string, limit = 2048): string {
  const value = readOptionalText(body, field, limit);
  if (value === undefined || value === '') throw invalid(field, 'must not be null');
  return value;
}

function readOptionalText(body: Body, field: string, limit: number): string | undefined {
  const value = body[field] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw invalid(field, 'must be a string');
  if (value.length > limit) throw invalid(field, `must have length less than or equal to ${limit}`);
  return value;
}

function readObject(body: Body, field: string): Body | undefined {
  const value = body[field] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'object') throw invalid(field, 'must be an object');
  return value as Body;
}

function readFlag(body: Body, field: string): boolean {
  const value = body[field] ?? false;
  if (typeof value !== 'boolean') throw invalid(field, 'must be true or false');
  return value;
}

function readChoice(body: Body, field: string, choices: readonly string[]): string | undefined {
  const value = readOptionalText(body, field, 32);
  if (value === undefined || choices.includes(value)) return value;
  throw invalid(field, `must satisfy enum value set: [${choices.join(', ')}]`);
}

function invalid(field: string, constraint: string): DataApiError {
  return new DataApiError(
    'ValidationException',
    `1 validation error detected: Value at '${field}' failed to satisfy constraint: Member ${constraint}`,
  );
}
