import type { DataApiError } from './data-api-error.ts';
import { makeFieldReader, type Field, type FieldReader } from './fields.ts';
import type { ColumnMetadata } from './column-metadata.ts';
import type { FoundType } from './postgres-types.ts';
import type { ExecuteRequest } from './requests.ts';
import type { ColumnDescription, StatementResult } from './statement-run.ts';

/** The rows of a result with what is needed to write them. */
export interface TypedResult {
  readonly columns: readonly ColumnDescription[];
  readonly types: readonly FoundType[];
  readonly rows: StatementResult['rows'];
}

/** The answer to a statement that returns no rows. */
export function writeCount({ command, affectedRows }: StatementResult): object {
  const isCounted = ['INSERT', 'UPDATE', 'DELETE', 'MERGE'].includes(command);
  return { numberOfRecordsUpdated: isCounted ? affectedRows : 0, generatedFields: [] };
}

/** The answer with rows as fields. */
export function writeRecords(
  result: TypedResult,
  request: ExecuteRequest,
  columnMetadata: readonly ColumnMetadata[] | undefined,
): object {
  const readers = makeReaders(result.types, request);
  const records = result.rows.map((row) => readRow(row, readers));
  return {
    numberOfRecordsUpdated: 0,
    records,
    ...(columnMetadata === undefined ? {} : { columnMetadata }),
  };
}

/** The answer with all rows as one JSON text, an object a row. */
export function writeJson(result: TypedResult, request: ExecuteRequest): object {
  const readers = makeReaders(result.types, request);
  const objects = result.rows.map((row) =>
    Object.fromEntries(
      readRow(row, readers).map((field, index) => [
        result.columns[index]?.name ?? '',
        toPlainValue(field),
      ]),
    ),
  );
  return { numberOfRecordsUpdated: 0, formattedRecords: JSON.stringify(objects) };
}

function makeReaders(types: readonly FoundType[], request: ExecuteRequest): FieldReader[] {
  return types.map((type) => makeFieldReader(type, request));
}

function readRow(
  row: readonly (string | null)[],
  readers: readonly FieldReader[],
): readonly Field[] {
  return row.map((text, index) => {
    const read = readers[index];
    return text === null || read === undefined ? { isNull: true } : read(text);
  });
}

function toPlainValue(field: Field): unknown {
  if ('isNull' in field) return null;
  if ('arrayValue' in field) return Object.values(field.arrayValue)[0];
  return Object.values(field)[0];
}

/** The answer that makes the SDK throw the error class of that name. */
export function writeError({ type, status, message }: DataApiError): {
  status: number;
  headers: Record<string, string>;
  body: object;
} {
  return { status, headers: { 'x-amzn-errortype': type }, body: { message } };
}
