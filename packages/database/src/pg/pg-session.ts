import type { Client, QueryResult, types } from 'pg';
import {
  DatabaseLoginRefusedError,
  DatabaseUnavailableError,
  describeServer,
  type PostgresServer,
} from '@tenantry/tenancy';
import { isLoginRefused } from '../is-login-refused.ts';
import type { CredentialsCache } from '../secrets/credentials-cache.ts';
import type { Credentials } from '../secrets/read-credentials.ts';
import { sqlStateOf } from '../sql-state.ts';
import { parserOf } from './pg-dialect.ts';
import { resetSession } from './reset-session.ts';
import { tlsOptionsOf } from './tls-options.ts';

/** Where a session is opened, and whose login it uses. */
export interface PgSessionTarget {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly secretArn: string;
  readonly connectTimeoutMs: number;
  /** @default 'off' */
  readonly tls?: PostgresServer['tls'];
  readonly tlsCa?: string;
}

const wrongPassword = '28P01';

/** One connection to PostgreSQL, logged in as one role. */
export class PgSession {
  readonly #client: Client;
  #isGone = false;

  private constructor(client: Client) {
    this.#client = client;
    // Without a listener Node would end the process; the query that runs, if any, fails by itself.
    client.on('error', () => (this.#isGone = true));
    client.on('end', () => (this.#isGone = true));
  }

  /**
   * Logs in. A refused password is read anew once and tried once more. Throws `DatabaseLoginRefusedError` and
   * `DatabaseUnavailableError`.
   */
  static async open(target: PgSessionTarget, credentials: CredentialsCache): Promise<PgSession> {
    const known = await readLogin(() => credentials.get(target.secretArn));
    try {
      return await connect(target, known);
    } catch (error) {
      if (sqlStateOf(error) !== wrongPassword) throw translate(error, target);
    }
    const fresh = await readLogin(() => credentials.refetch(target.secretArn, known));
    try {
      return await connect(target, fresh);
    } catch (error) {
      throw translate(error, target);
    }

    async function connect(where: PgSessionTarget, login: Credentials): Promise<PgSession> {
      const session = new PgSession(await newClient(where, login));
      await session.#client.connect();
      return session;
    }
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** The number of the server's process, for Kysely. */
  get processID(): number | undefined {
    return (this.#client as unknown as { readonly processID?: number }).processID;
  }

  /** Runs one statement. The extended protocol refuses a second one behind a semicolon. */
  async query(text: string, values: readonly unknown[]): Promise<QueryResult> {
    const config = { text, values: [...values], queryMode: 'extended' };
    return await this.#client.query(config);
  }

  /** Takes back whatever the last user left: open transaction, settings, temporary tables, prepared statements, locks, LISTEN. */
  async reset(): Promise<void> {
    const status = (
      this.#client as unknown as { getTransactionStatus(): string | null }
    ).getTransactionStatus();
    if (status !== 'I') await this.#client.query('rollback');
    await this.#client.query(resetSession);
  }

  /** Ends the session and waits until the connection is closed. */
  async close(): Promise<void> {
    this.#isGone = true;
    await this.#client.end();
  }
}

async function newClient(target: PgSessionTarget, login: Credentials): Promise<Client> {
  // Loaded with the first session: most functions that could reach a server directly never do.
  const pg = await import('pg');
  return new pg.Client({
    host: target.host,
    port: target.port,
    database: target.database,
    user: login.username,
    password: login.password,
    ...tlsOptionsOf({ ...target, tls: target.tls ?? 'off' }),
    application_name: 'tenantry',
    // As the start of the session these win over settings of role and database, and a reset comes back to them.
    options: '-c datestyle=ISO,MDY -c timezone=UTC -c bytea_output=hex',
    connectionTimeoutMillis: target.connectTimeoutMs,
    types: { getTypeParser: parserOf as typeof types.getTypeParser },
  });
}

/** A secret that is gone is a login that is gone, as the Data API sees it, too. */
async function readLogin(read: () => Promise<Credentials>): Promise<Credentials> {
  try {
    return await read();
  } catch (error) {
    const isGone = error instanceof Error && error.name === 'ResourceNotFoundException';
    throw isGone ? new DatabaseLoginRefusedError(error) : error;
  }
}

function translate(error: unknown, target: PgSessionTarget): unknown {
  if (isLoginRefused(error)) return new DatabaseLoginRefusedError(error);
  const code = sqlStateOf(error);
  const where = describeServer(target);
  if (code === undefined) {
    const reason = error instanceof Error ? error.message : String(error);
    return new DatabaseUnavailableError(`no connection to ${where} (${reason})`, error);
  }
  const isBusy = /^(53|57P|08)/.test(code);
  return isBusy ? new DatabaseUnavailableError(`no session at ${where}`, error) : error;
}
