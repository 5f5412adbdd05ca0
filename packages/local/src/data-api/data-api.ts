import { toAnswerableError } from './answerable-error.ts';
import { writeCount, writeError, writeJson, writeRecords } from './answers.ts';
import { bindParameters } from './bind-parameters.ts';
import { withCallTimeout } from './call-timeout.ts';
import { describeColumns } from './column-metadata.ts';
import { ColumnTypes } from './column-types.ts';
import { DataApiError } from './data-api-error.ts';
import { FaultQueue, throwFault, type DataApiFaults } from './faults.ts';
import { parseNamedParameters } from './named-parameters.ts';
import {
  parseBatch,
  parseBody,
  parseEnd,
  parseExecute,
  parseTarget,
  type ExecuteRequest,
  type StatementRequest,
  type Target,
} from './requests.ts';
import { SessionPool, type PoolLimits, type SessionKey } from './session-pool.ts';
import { SessionGoneError, type Session } from './session.ts';
import type { StatementResult } from './statement-run.ts';
import { Transactions, type TransactionLimits } from './transactions.ts';

/** The limits of the service; the defaults are Aurora's, and those of a laptop for the sessions. */
export interface DataApiLimits extends PoolLimits, TransactionLimits {
  /** How long a call may take; the statement goes on afterwards only with `continueAfterTimeout`. */
  readonly callTimeoutMs: number;
}

const defaultLimits: DataApiLimits = {
  maxSessions: 60,
  maxSessionsPerRole: 8,
  sessionIdleMs: 20_000,
  acquireTimeoutMs: 30_000,
  transactionIdleMs: 3 * 60_000,
  transactionMaxMs: 24 * 60 * 60_000,
  callTimeoutMs: 45_000,
  resultBytes: 1024 * 1024,
  rowBytes: 64 * 1024,
};

/** Who may log in: the content of a secret, and a version that changes with it. */
export interface DatabaseSecret {
  readonly username: string;
  readonly password: string;
  readonly version: string;
}

/** What the Data API needs. */
export interface DataApiOptions {
  readonly postgres: { readonly host: string; readonly port: number };
  /** The secret by ARN or name, or undefined when there is none. */
  readonly readSecret: (secretArn: string) => DatabaseSecret | undefined;
  /** @default - the limits of Aurora; 60 sessions, 8 a role, closed after 20 idle seconds */
  readonly limits?: Partial<DataApiLimits>;
}

/** An answer for the wire. */
export interface DataApiAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: unknown;
  /** The connection must be closed without an answer. */
  readonly drop?: true;
}

/** The RDS Data API of one PostgreSQL server. */
export interface DataApi {
  /** Answers a POST to this path; never rejects. */
  handle(path: string, body: unknown): Promise<DataApiAnswer>;
  readonly faults: DataApiFaults;
  /** How many connections to PostgreSQL there are now. */
  sessionCount(): number;
  /** Rolls back what is open and ends all sessions. */
  close(): Promise<void>;
}

/**
 * The RDS Data API over a PostgreSQL server: each call logs in as the role of its secret and runs outside of transactions unless it
 * names one.
 *
 * @example
 * const dataApi = createDataApi({ postgres: { host: '127.0.0.1', port: 5432 }, readSecret });
 * const answer = await dataApi.handle('/Execute', { resourceArn, secretArn, database: 'tenantry', sql: 'select 1' });
 */
export function createDataApi(options: DataApiOptions): DataApi {
  const service = new Service(options);
  return {
    faults: service.faults,
    handle: (path, body) => service.handle(path, body),
    sessionCount: () => service.sessionCount,
    close: () => service.close(),
  };
}

class Service {
  readonly faults = new FaultQueue();
  readonly #limits: DataApiLimits;
  readonly #readSecret: DataApiOptions['readSecret'];
  readonly #pool: SessionPool;
  readonly #transactions: Transactions;
  readonly #types = new ColumnTypes();
  readonly #operations: Readonly<Record<string, (body: unknown) => Promise<object>>> = {
    '/Execute': (body) => this.#execute(body),
    '/BatchExecute': (body) => this.#batchExecute(body),
    '/BeginTransaction': (body) => this.#begin(body),
    '/CommitTransaction': (body) => this.#commit(body),
    '/RollbackTransaction': (body) => this.#rollback(body),
  };

  constructor({ postgres, readSecret, limits }: DataApiOptions) {
    this.#limits = { ...defaultLimits, ...limits };
    this.#readSecret = readSecret;
    this.#pool = new SessionPool(postgres, this.#limits);
    this.#transactions = new Transactions(this.#limits);
  }

  get sessionCount(): number {
    return this.#pool.size;
  }

  async handle(path: string, body: unknown): Promise<DataApiAnswer> {
    try {
      const operation = this.#operations[path];
      if (operation === undefined) {
        throw new DataApiError(
          'UnknownOperationException',
          `The Data API has no operation ${path}.`,
        );
      }
      const { sql } = (body ?? {}) as { sql?: unknown };
      const call = { operation: path.slice(1), sql: typeof sql === 'string' ? sql : undefined };
      const fault = this.faults.next(call);
      throwFault(fault);
      const answer = { status: 200, headers: {}, body: await operation(body) };
      return fault === 'dropped-reply' ? { ...answer, drop: true } : answer;
    } catch (error) {
      return writeError(toAnswerableError(error));
    }
  }

  async close(): Promise<void> {
    this.#transactions.close();
    await this.#pool.close();
  }

  async #execute(body: unknown): Promise<object> {
    const request = parseExecute(parseBody(body));
    const bound = bindParameters(parseNamedParameters(request.sql), request.parameters);
    return await this.#withSession(request, async (session, database) => {
      const result = await session.run(bound);
      return await this.#write(result, request, { session, database });
    });
  }

  async #write(
    result: StatementResult,
    request: ExecuteRequest,
    source: { session: Session; database: string },
  ): Promise<object> {
    const { columns, rows, command } = result;
    if (columns === undefined) return writeCount(result);
    const types = await this.#types.get(columns, source);
    if (request.asJson && command === 'SELECT') return writeJson({ columns, types, rows }, request);
    const metadata = request.includeResultMetadata
      ? await describeColumns(columns, types, source.session)
      : undefined;
    return writeRecords({ columns, types, rows }, request, metadata);
  }

  async #batchExecute(body: unknown): Promise<object> {
    const request = parseBatch(parseBody(body));
    const statement = parseNamedParameters(request.sql);
    const sets = request.parameterSets.map((set) => bindParameters(statement, set));
    return await this.#withSession(request, async (session) => {
      for (const bound of sets) await session.run(bound);
      return { updateResults: sets.map(() => ({ generatedFields: [] })) };
    });
  }

  async #begin(body: unknown): Promise<object> {
    const key = this.#getKey(parseTarget(parseBody(body)));
    return { transactionId: await this.#transactions.begin(key, await this.#pool.acquire(key)) };
  }

  async #commit(body: unknown): Promise<object> {
    const { transactionId, secretArn } = parseEnd(parseBody(body));
    await this.#transactions.commit(transactionId, secretArn);
    return { transactionStatus: 'Transaction Committed' };
  }

  async #rollback(body: unknown): Promise<object> {
    const { transactionId, secretArn } = parseEnd(parseBody(body));
    await this.#transactions.rollback(transactionId, secretArn);
    return { transactionStatus: 'Rollback Complete' };
  }

  /** Runs `fn` with the transaction's session or one of its own, for as long as a call may take. */
  async #withSession<Result>(
    request: StatementRequest & { readonly continueAfterTimeout?: boolean },
    fn: (session: Session, database: string) => Promise<Result>,
  ): Promise<Result> {
    let current: Session | undefined;
    const run = (session: Session, database: string) => {
      current = session;
      return fn(session, database);
    };
    const key = this.#getKey(request);
    const work =
      request.transactionId === undefined
        ? this.#runAlone(key, (session) => run(session, key.database))
        : this.#transactions.use(request.transactionId, request, run);
    return await withCallTimeout(work, {
      timeoutMs: this.#limits.callTimeoutMs,
      onTimeout: () => (request.continueAfterTimeout === true ? undefined : current?.close()),
    });
  }

  async #runAlone<Result>(
    key: SessionKey,
    fn: (session: Session) => Promise<Result>,
  ): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      const { session, release } = await this.#pool.acquire(key);
      const sentBefore = session.sentCount;
      try {
        return await fn(session);
      } catch (error) {
        const hadEffect = session.sentCount > sentBefore;
        if (!(error instanceof SessionGoneError) || hadEffect || attempt > 1) throw error;
      } finally {
        release();
      }
    }
  }

  #getKey({ secretArn, database }: Target): SessionKey {
    const secret = this.#readSecret(secretArn);
    if (secret === undefined) {
      throw new DataApiError(
        'SecretsErrorException',
        `Error fetching secret ${secretArn} : Secrets Manager can't find the specified secret.`,
      );
    }
    const { username, password, version } = secret;
    if (username === '' || password === '') {
      throw new DataApiError(
        'InvalidSecretException',
        `The secret ${secretArn} has no username and password.`,
      );
    }
    // As PostgreSQL's own clients do, and so Aurora: without a database the one named like the user.
    return {
      secretArn,
      secretVersion: version,
      username,
      password,
      database: database ?? username,
    };
  }
}
