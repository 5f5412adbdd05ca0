import { connect as connectSocket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { resetSession } from '@tenantry/database';
import { Client } from 'pg';
import type { BoundStatement } from './bind-parameters.ts';
import { StatementRun, type StatementLimits, type StatementResult } from './statement-run.ts';

/** Who logs in where. */
export interface SessionLogin {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly database: string;
}

const stopAttempts = 20;
const stopIntervalMs = 50;

/** The session ended before the statement was sent: it can be tried on another one. */
export class SessionGoneError extends Error {
  override readonly name = 'SessionGoneError';
}

/** One connection to PostgreSQL, logged in as one role. It runs one statement at a time. */
export class Session {
  readonly #client: Client;
  readonly #limits: StatementLimits;
  readonly #endListeners = new Set<() => void>();
  #run: StatementRun | undefined;
  #isGone = false;
  #sentCount = 0;
  /** PostgreSQL's word for the transaction: `I` outside, `T` inside, `E` failed. */
  #status = 'I';

  private constructor(client: Client, limits: StatementLimits) {
    this.#client = client;
    this.#limits = limits;
    client.once('end', () => this.#end());
    // An error on an idle connection is followed by `end`, which is what counts; one on a busy connection goes to its statement.
    client.on('error', () => (this.#isGone = true));
  }

  /** Logs in. Throws what PostgreSQL says when it refuses. */
  static async open(login: SessionLogin, limits: StatementLimits): Promise<Session> {
    const client = new Client({
      host: login.host,
      port: login.port,
      user: login.username,
      password: login.password,
      database: login.database,
      application_name: 'tenantry',
      // As the start of the session these win over settings of role and database, and a reset comes back to them.
      options: '-c datestyle=ISO,MDY -c timezone=UTC -c bytea_output=hex',
      connectionTimeoutMillis: 10_000,
    });
    const session = new Session(client, limits);
    await client.connect();
    return session;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** How many statements left for the server so far. */
  get sentCount(): number {
    return this.#sentCount;
  }

  get isInTransaction(): boolean {
    return this.#status !== 'I';
  }

  /** Runs one statement. Throws `SessionGoneError` when it was not sent, else what PostgreSQL says. */
  async run(statement: BoundStatement): Promise<StatementResult> {
    if (this.#isGone) throw new SessionGoneError('the session has ended');
    const run = new StatementRun(statement, this.#limits);
    this.#run = run;
    this.#client.query(run);
    try {
      return await run.result;
    } catch (error) {
      throw run.isSent ? error : new SessionGoneError('the session has ended');
    } finally {
      this.#run = undefined;
      this.#sentCount += Number(run.isSent);
      this.#status = run.status ?? this.#status;
    }
  }

  /** Takes back whatever the last user left: open transaction, settings, temporary tables, prepared statements, locks, LISTEN. */
  async reset(): Promise<void> {
    if (this.isInTransaction) await this.#client.query('rollback');
    this.#status = 'I';
    await this.#client.query(resetSession);
  }

  /**
   * Ends the session and waits until the connection is closed. A statement that runs is stopped: by itself the server would go on
   * with it, not knowing that nobody waits.
   */
  async close(): Promise<void> {
    this.#isGone = true;
    // A stop that arrives before the statement does is lost, so it is sent again.
    const ended = this.#run?.result.catch(() => undefined);
    for (let attempt = 1; this.#run !== undefined && attempt <= stopAttempts; attempt += 1) {
      await this.#cancel();
      await Promise.race([ended, delay(stopIntervalMs)]);
    }
    await this.#client.end();
  }

  /** Calls back when the session ends; the function returned takes the wish back. */
  onEnd(listener: () => void): () => void {
    this.#endListeners.add(listener);
    return () => void this.#endListeners.delete(listener);
  }

  #end(): void {
    this.#isGone = true;
    this.#run?.connectionEnded();
    for (const listener of this.#endListeners) listener();
  }

  async #cancel(): Promise<void> {
    const { processID, secretKey } = this.#client as unknown as Record<string, number>;
    if (processID === undefined || secretKey === undefined) return;
    const request = Buffer.alloc(16);
    [16, 80_877_102, processID, secretKey].forEach((word, index) =>
      request.writeInt32BE(word, index * 4),
    );
    const socket = connectSocket(this.#client.port, this.#client.host);
    const closed = once(socket, 'close');
    socket.end(request);
    socket.resume();
    await closed;
  }
}
