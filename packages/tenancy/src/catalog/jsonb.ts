import { sql, type RawBuilder } from 'kysely';

/** A value as a `jsonb` parameter: the cast is in the SQL, so every driver binds it the same way. */
export function jsonb(value: unknown): RawBuilder<string> {
  return sql<string>`cast(${JSON.stringify(value)} as jsonb)`;
}
