import { PostgresDialect } from 'kysely';
import { Pool, types } from 'pg';
import { fromText } from '../data-api/convert-field.ts';

/** Where and as whom to connect, and with how many sessions at most. */
export interface PgDialectConfig {
  readonly host: string;
  readonly port?: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** @default 4 */
  readonly maxSessions?: number;
  /** @default 5000 */
  readonly connectTimeoutMs?: number;
}

/** Names of the types whose values are not text; the rest arrives as PostgreSQL writes it. */
const typeNames: Readonly<Record<number, string>> = {
  20: 'int8',
  21: 'int2',
  23: 'int4',
  26: 'oid',
  114: 'json',
  700: 'float4',
  701: 'float8',
  1184: 'timestamptz',
  3802: 'jsonb',
};

const builtinParser = types.getTypeParser as (oid: number) => (text: string) => unknown;

const bool = 16;
const bytea = 17;

/** Kysely straight to PostgreSQL over `pg`, with the same values in and out as over the Data API. */
export function pgDialect(config: PgDialectConfig): PostgresDialect {
  const pool = new Pool({
    host: config.host,
    port: config.port ?? 5432,
    database: config.database,
    user: config.user,
    password: config.password,
    max: config.maxSessions ?? 4,
    connectionTimeoutMillis: config.connectTimeoutMs ?? 5000,
    application_name: 'tenantry',
    types: { getTypeParser: typeParser as typeof types.getTypeParser },
  });
  // A session that dies is the pool's business: it is replaced, and the query that was on it, if any, fails by itself. Without a
  // listener, Node would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return new PostgresDialect({ pool });
}

function typeParser(oid: number): (text: string) => unknown {
  if (oid === bool) return (text) => text === 't';
  if (oid === bytea) return builtinParser(bytea);
  const name = typeNames[oid];
  if (name !== undefined) return (text) => fromText(text, name);
  return arrayTypes.has(oid) ? builtinParser(oid) : (text) => text;
}

/** Arrays of text, int2, int4, bool, uuid: `pg` knows their form. */
const arrayTypes: ReadonlySet<number> = new Set([1000, 1005, 1007, 1009, 1015, 2951]);
