import { Client, type QueryResult, type types } from 'pg';
import { DatabaseLoginRefusedError, DatabaseUnavailableError } from '@tenantry/tenancy';
import { isLoginRefused } from '../is-login-refused.ts';
import type { CredentialsCache } from '../secrets/credentials-cache.ts';
import type { Credentials } from '../secrets/read-credentials.ts';
import { sqlStateOf } from '../sql-state.ts';
import { parserOf } from './pg-dialect.ts';

/** Where a session is opened, and whose login it uses. */
export interface PgSessionTarget {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly secretArn: string;
  readonly connectTimeoutMs: number;
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
    const known = await credentials.get(target.secretArn);
    try {
      return await connect(target, known);
    } catch (error) {
      if (sqlStateOf(error) !== wrongPassword) throw translate(error);
    }
    const fresh = await credentials.refetch(target.secretArn, known);
    try {
      return await connect(target, fresh);
    } catch (error) {
      throw translate(error);
    }

    async function connect(where: PgSessionTarget, login: Credentials): Promise<PgSession> {
      const session = new PgSession(newClient(where, login));
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
    await this.#client.query('discard all');
  }

  /** Ends the session and waits until the connection is closed. */
  async close(): Promise<void> {
    this.#isGone = true;
    await this.#client.end();
  }
}

function newClient(target: PgSessionTarget, login: Credentials): Client {
  return new Client({
    host: target.host,
    port: target.port,
    database: target.database,
    user: login.username,
    password: login.password,
    application_name: 'tenantry',
    // As the start of the session these win over settings of role and database, and a reset comes back to them.
    options: '-c datestyle=ISO,MDY -c timezone=UTC -c bytea_output=hex',
    connectionTimeoutMillis: target.connectTimeoutMs,
    types: { getTypeParser: parserOf as typeof types.getTypeParser },
  });
}

function translate(error: unknown): unknown {
  if (isLoginRefused(error)) return new DatabaseLoginRefusedError(error);
  const code = sqlStateOf(error);
  if (code === undefined) return new DatabaseUnavailableError('no connection', error);
  return /^(53|57P|08)/.test(code) ? new DatabaseUnavailableError('no session', error) : error;
}
