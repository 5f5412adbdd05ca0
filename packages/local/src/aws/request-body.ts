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
  const value = findTyped(body, field, 'string');
  return value as string | undefined;
}

/** The number in a field, if it is there; throws `SerializationException` for another type. */
export function findNumber(body: RequestBody, field: string): number | undefined {
  const value = findTyped(body, field, 'number');
  return value as number | undefined;
}

/** The truth value in a field, if it is there; throws `SerializationException` for another type. */
export function findBoolean(body: RequestBody, field: string): boolean | undefined {
  const value = findTyped(body, field, 'boolean');
  return value as boolean | undefined;
}

function findTyped(body: RequestBody, field: string, type: string): unknown {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value === type) return value;
  throw new AwsError('SerializationException', `Value at '${field}' must be a ${type}.`);
}
