import { parseArrayText } from './array-text.ts';
import { DataApiError } from './data-api-error.ts';
import type { FieldKind, FoundType } from './postgres-types.ts';

/** A value on the wire. */
export type Field =
  | { readonly isNull: true }
  | { readonly longValue: unknown }
  | { readonly doubleValue: unknown }
  | { readonly booleanValue: boolean }
  | { readonly stringValue: string }
  | { readonly blobValue: string }
  | { readonly arrayValue: Readonly<Record<string, readonly unknown[]>> };

/** How the caller wants numbers. */
export interface NumberOptions {
  readonly longAsString: boolean;
  readonly decimalAsNumber: boolean;
}

/** Turns PostgreSQL's text form of a value into a field. */
export type FieldReader = (text: string) => Field;

/** The reader for a column of this type. */
export function makeFieldReader(type: FoundType, options: NumberOptions): FieldReader {
  const readScalar = makeScalarReader(type.scalar.kind, options);
  return type.isArray ? (text) => readArray(parseArrayText(text), readScalar) : readScalar;
}

function makeScalarReader(kind: FieldKind, options: NumberOptions): FieldReader {
  if (kind === 'long' && options.longAsString) return readString;
  if (kind === 'decimal' && options.decimalAsNumber) return readDecimalAsNumber;
  return readers[kind];
}

const readers: Readonly<Record<FieldKind, FieldReader>> = {
  long: readLong,
  double: (text) => ({ doubleValue: readDouble(text) }),
  boolean: (text) => ({ booleanValue: text === 't' }),
  decimal: readString,
  blob: (text) => ({ blobValue: Buffer.from(text.slice('\\x'.length), 'hex').toString('base64') }),
  string: readString,
  time: readTimestamp,
  timestamp: readTimestamp,
  timestamptz: readTimestamp,
};

function readTimestamp(text: string): Field {
  return { stringValue: formatTimestamp(text) };
}

function readString(text: string): Field {
  return { stringValue: text };
}

function readLong(text: string): Field {
  const value = Number(text);
  return { longValue: Number.isSafeInteger(value) ? value : toRawJson(text) };
}

/** A number that goes on the wire digit for digit, although JavaScript's numbers cannot hold it. */
function toRawJson(digits: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(digits);
}

/** JSON has no word for NaN and the infinities, so they travel as strings; -0 is written as it is, which `JSON.stringify` would not. */
function readDouble(text: string): unknown {
  const value = Number(text);
  if (Object.is(value, -0)) return toRawJson('-0');
  return Number.isFinite(value) ? value : text;
}

function readDecimalAsNumber(text: string): Field {
  return /^-?\d+$/.test(text) ? readLong(text) : { doubleValue: readDouble(text) };
}

function readArray(elements: readonly string[], read: FieldReader): Field {
  const [first] = elements;
  // The reader, not the type, knows the member: bigints can be strings.
  const sample = read(first ?? '0');
  const [member] = Object.keys(sample);
  const values = elements.map((element) => Object.values(read(element))[0]);
  return { arrayValue: { [`${member}s`]: values } };
}

const timestampForm =
  /^(?:(?<date>\d{4,}-\d\d-\d\d) )?(?<clock>\d\d:\d\d:\d\d)(?:\.(?<fraction>\d+))?(?<zone>[+-]\d\d(?::\d\d){0,2})?$/;

/**
 * A time or timestamp as the Data API writes it: UTC without a zone; no fraction, three digits or six. Throws
 * `InternalServerErrorException` for `infinity`, where Aurora fails as well; years before Christ pass as they are.
 */
function formatTimestamp(text: string): string {
  if (text.endsWith('infinity')) {
    throw new DataApiError(
      'InternalServerErrorException',
      `The result contains the timestamp ${text}, which the Data API cannot return. Cast the column to text.`,
    );
  }
  const { date, clock, fraction = '', zone } = timestampForm.exec(text)?.groups ?? {};
  if (clock === undefined) return text;
  const moment = date === undefined ? clock : toUtc(`${date} ${clock}`, zone);
  return moment + formatFraction(fraction);
}

function toUtc(moment: string, zone: string | undefined): string {
  if (zone === undefined || /^[+-]00(:00)*$/.test(zone)) return moment;
  const [hours = 0, minutes = 0, seconds = 0] = zone.slice(1).split(':').map(Number);
  const offsetMs = (hours * 3600 + minutes * 60 + seconds) * (zone.startsWith('-') ? -1000 : 1000);
  const local = Date.parse(`${moment.replace(' ', 'T')}Z`);
  return Number.isNaN(local)
    ? moment + zone
    : new Date(local - offsetMs).toISOString().slice(0, 19).replace('T', ' ');
}

function formatFraction(fraction: string): string {
  const microseconds = fraction.padEnd(6, '0');
  if (/^0*$/.test(microseconds)) return '';
  return `.${microseconds.endsWith('000') ? microseconds.slice(0, 3) : microseconds}`;
}
