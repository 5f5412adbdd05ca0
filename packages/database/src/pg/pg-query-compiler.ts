import { PostgresQueryCompiler } from 'kysely';
import { formatNumber } from '../data-api/encode-value.ts';

/** Compiles for `pg`, with the parameters in the text form that the Data API dialect sends as well. */
export class PgQueryCompiler extends PostgresQueryCompiler {
  protected override addParameter(parameter: unknown): void {
    super.addParameter(toParameter(parameter));
  }
}

/** `pg` would write a `Date` in the zone of the process, drop the sign of -0, and end the text at a NUL. */
function toParameter(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(toParameter);
  if (typeof value === 'number') return formatNumber(value);
  if (typeof value === 'string' && value.includes('\u0000'))
    throw new TypeError('PostgreSQL text cannot hold the character NUL');
  return value;
}
