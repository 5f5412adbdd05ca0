import { AwsError } from './aws-error.ts';

/** The parsed body of a request: named fields of unknown content. */
export type RequestBody = Readonly<Record<string, unknown>>;

/** The body as named fields; throws `SerializationException` for anything but an object. */
export function parseRequestBody(body: unknown): RequestBody {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as RequestBody;
  throw new AwsError('SerializationException', 'The body must be a JSON object.');
}

/** The text in a field that must be there; throws `ValidationException`. */
export function getString(body: RequestBody, field: string): string {
  const value = findString(body, field);
  if (value !== undefined && value !== '') return value;
  throw new AwsError(
    'ValidationException',
    `Value at '${field}' failed to satisfy constraint: Member must not be null`,
  );
}

/** The text in a field, if it is there; throws `SerializationException` for another type. */
export function findString(body: RequestBody, field: string): string | undefined {
  return findTyped<string>(body, field, 'string');
}

/** The number in a field, if it is there; throws `SerializationException` for another type. */
export function findNumber(body: RequestBody, field: string): number | undefined {
  return findTyped<number>(body, field, 'number');
}

/** The truth value in a field, if it is there; throws `SerializationException` for another type. */
export function findBoolean(body: RequestBody, field: string): boolean | undefined {
  return findTyped<boolean>(body, field, 'boolean');
}

function findTyped<Value>(body: RequestBody, field: string, type: string): Value | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value === type) return value as Value;
  throw new AwsError('SerializationException', `Value at '${field}' must be a ${type}.`);
}
