import {
  isAbortedTransactionError,
  PostgresDialect,
  PostgresDriver,
  type DatabaseConnection,
  type Driver,
  type PostgresDialectConfig,
  type QueryCompiler,
} from 'kysely';
import type { PostgresServer } from '@tenantry/tenancy';
import type { Client, Pool, PoolClient, types } from 'pg';
import { elementTypeOf } from '../data-api/builtin-types.ts';
import { fromArrayText, fromText } from '../data-api/convert-field.ts';
import { SqlStateError } from '../sql-state.ts';
import { PgQueryCompiler } from './pg-query-compiler.ts';
import { tlsOptionsOf } from './tls-options.ts';

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
  /** @default 'off' */
  readonly tls?: PostgresServer['tls'];
  /** The authority that signed the server's certificate, as PEM. @default - the authorities that everybody trusts */
  readonly tlsCa?: string;
}

/** Names of the types whose values are not text, and of arrays; the rest arrives as PostgreSQL writes it. */
const typeNames: Readonly<Record<number, string>> = {
  16: 'bool',
  17: 'bytea',
  20: 'int8',
  21: 'int2',
  23: 'int4',
  26: 'oid',
  114: 'json',
  199: '_json',
  700: 'float4',
  701: 'float8',
  1000: '_bool',
  1001: '_bytea',
  1003: '_name',
  1005: '_int2',
  1007: '_int4',
  1009: '_text',
  1014: '_bpchar',
  1015: '_varchar',
  1016: '_int8',
  1021: '_float4',
  1022: '_float8',
  1028: '_oid',
  1115: '_timestamp',
  1182: '_date',
  1183: '_time',
  1184: 'timestamptz',
  1185: '_timestamptz',
  1187: '_interval',
  1231: '_numeric',
  2951: '_uuid',
  3802: 'jsonb',
  3807: '_jsonb',
};

/** Kysely straight to PostgreSQL over `pg`, with the same values in and out as over the Data API. */
export function pgDialect(config: PgDialectConfig): PostgresDialect {
  return new PgDialect({ pool: async () => await openPool(config) });
}

async function openPool(config: PgDialectConfig): Promise<Pool> {
  // Loaded with the first query: most functions that could reach a server directly never do.
  const pg = await import('pg');
  const pool = new pg.Pool({
    host: config.host,
    port: config.port ?? 5432,
    database: config.database,
    user: config.user,
    password: config.password,
    ...tlsOptionsOf({ ...config, tls: config.tls ?? 'off' }),
    max: config.maxSessions ?? 4,
    connectionTimeoutMillis: config.connectTimeoutMs ?? 5000,
    application_name: 'tenantry',
    types: { getTypeParser: parserOf as typeof types.getTypeParser },
  });
  // A session that dies is the pool's business: it is replaced, and the query that was on it, if any, fails by itself. Without a
  // listener, Node would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
    endAfterFatal(client);
  });
  return pool;
}

/** PostgreSQL closes the connection a moment after the query was told so; the pool would give it to the next one meanwhile. */
function endAfterFatal(client: PoolClient): void {
  const { connection } = client as unknown as {
    readonly connection: NodeJS.EventEmitter<{ errorMessage: [{ readonly severity: string }] }>;
  };
  connection.on('errorMessage', ({ severity }) => {
    if (severity === 'FATAL') void (client as unknown as Client).end();
  });
}

/** Kysely's own dialect with this package's way of writing values and of telling errors. */
export class PgDialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig;

  constructor(config: PostgresDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    return new PgDriver(this.#config);
  }

  override createQueryCompiler(): QueryCompiler {
    return new PgQueryCompiler();
  }
}

class PgDriver extends PostgresDriver {
  /** Throws with SQLSTATE 25P02, as over the Data API, where a statement failed before: PostgreSQL itself only says ROLLBACK. */
  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await super.commitTransaction(connection);
    } catch (error) {
      if (!isAbortedTransactionError(error)) throw error;
      const message = 'a statement of the transaction failed, so it was rolled back';
      throw new SqlStateError(message, { code: '25P02', cause: error });
    }
  }
}

const parsers = new Map<number, (text: string) => unknown>();

/** Makes a value of a type's text, as over the Data API. */
export function parserOf(oid: number): (text: string) => unknown {
  const known = parsers.get(oid);
  if (known !== undefined) return known;
  const parser = makeParser(oid);
  parsers.set(oid, parser);
  return parser;
}

function makeParser(oid: number): (text: string) => unknown {
  const name = typeNames[oid];
  if (name === undefined) return (text) => text;
  const element = elementTypeOf(name);
  return element === undefined
    ? (text) => fromText(text, name)
    : (text) => fromArrayText(text, element);
}
