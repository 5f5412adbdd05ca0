import { randomBytes } from 'node:crypto';
import { setTimeout as startTimer } from 'node:timers';
import { DataApiError } from './data-api-error.ts';
import type { Target } from './requests.ts';
import type { Lease, SessionKey } from './session-pool.ts';
import { SessionGoneError, type Session } from './session.ts';

/** How long a transaction may live. */
export interface TransactionLimits {
  /** Without a call. */
  readonly transactionIdleMs: number;
  /** In all. */
  readonly transactionMaxMs: number;
}

interface Transaction {
  readonly id: string;
  readonly key: SessionKey;
  readonly lease: Lease;
  readonly startedAt: number;
  readonly forgetEnd: () => void;
  isBusy: boolean;
  idleTimer: NodeJS.Timeout | undefined;
}

const statement = (text: string) => ({ text, types: [], values: [] });

/** Why an id leads to nothing, in the words of the service's documentation. */
const reasons = {
  unknown: 'Transaction may be expired.',
  ended: 'One previous call resulted in a termination of your transaction.',
  aborted: 'Transaction has been aborted due to an error from a previous call.',
} as const;

/** Why a transaction is gone. */
export type EndReason = keyof typeof reasons;

const remembered = 1000;

/** The open transactions: each holds a session, belongs to the secret that began it, and ends when nobody calls. */
export class Transactions {
  readonly #limits: TransactionLimits;
  readonly #open = new Map<string, Transaction>();
  readonly #ended = new Map<string, EndReason>();

  constructor(limits: TransactionLimits) {
    this.#limits = limits;
  }

  /** Begins a transaction on the session and returns its id. */
  async begin(key: SessionKey, lease: Lease): Promise<string> {
    try {
      await lease.session.run(statement('begin'));
    } catch (error) {
      lease.release();
      throw error;
    }
    const id = randomBytes(48).toString('base64');
    const transaction: Transaction = {
      id,
      key,
      lease,
      startedAt: Date.now(),
      forgetEnd: lease.session.onEnd(() => this.#end(transaction, 'aborted')),
      isBusy: false,
      idleTimer: undefined,
    };
    this.#open.set(id, transaction);
    this.#watch(transaction);
    return id;
  }

  /**
   * Runs `fn` with the transaction's session. Throws `TransactionNotFoundException` for an id that is unknown, ended or another
   * secret's, `DatabaseErrorException` while another call runs in it.
   */
  async use<Result>(
    id: string,
    target: Target,
    fn: (session: Session, database: string) => Promise<Result>,
  ): Promise<Result> {
    const transaction = this.#get(id, target.secretArn);
    const { database } = transaction.key;
    if (target.database !== undefined && target.database !== database) {
      throw new DataApiError(
        'BadRequestException',
        `Database name is not the same as transaction: "${target.database}" instead of "${database}".`,
      );
    }
    return await this.#run(transaction, (session) => fn(session, database));
  }

  /** Commits. Throws what PostgreSQL says when it cannot; the transaction is over in any case. */
  async commit(id: string, secretArn: string): Promise<void> {
    const transaction = this.#get(id, secretArn);
    const { command } = await this.#run(transaction, (session) =>
      session.run(statement('commit')),
    ).finally(() => this.#end(transaction, 'ended'));
    if (command === 'COMMIT') return;
    throw new DataApiError(
      'DatabaseErrorException',
      'ERROR: current transaction is aborted, commands ignored until end of transaction block; SQLState: 25P02',
    );
  }

  /** Rolls back. */
  async rollback(id: string, secretArn: string): Promise<void> {
    const transaction = this.#get(id, secretArn);
    try {
      await this.#run(transaction, (session) => session.run(statement('rollback')));
    } finally {
      this.#end(transaction, 'ended');
    }
  }

  /** Rolls all open transactions back. */
  close(): void {
    for (const transaction of this.#open.values()) this.#end(transaction, 'ended');
  }

  #get(id: string, secretArn: string): Transaction {
    const transaction = this.#open.get(id);
    if (transaction === undefined || transaction.key.secretArn !== secretArn) {
      throw notFound(id, transaction === undefined ? this.#ended.get(id) : undefined);
    }
    if (transaction.isBusy) {
      throw new DataApiError('DatabaseErrorException', 'Transaction is still running a query');
    }
    if (Date.now() - transaction.startedAt > this.#limits.transactionMaxMs) {
      this.#end(transaction, 'unknown');
      throw notFound(id, 'unknown');
    }
    return transaction;
  }

  async #run<Result>(
    transaction: Transaction,
    fn: (session: Session) => Promise<Result>,
  ): Promise<Result> {
    const { session } = transaction.lease;
    clearTimeout(transaction.idleTimer);
    transaction.isBusy = true;
    try {
      return await fn(session);
    } catch (error) {
      // With its session the transaction is gone; after a result that could not be returned Aurora gives it up, too.
      const isUnusable =
        error instanceof DataApiError && error.type === 'UnsupportedResultException';
      if (isUnusable || session.isGone) this.#end(transaction, 'aborted');
      if (error instanceof SessionGoneError) throw notFound(transaction.id, 'aborted');
      throw error;
    } finally {
      transaction.isBusy = false;
      // A COMMIT or ROLLBACK sent as SQL ends it, too; without this the next statement would run outside.
      if (!session.isInTransaction) this.#end(transaction, 'ended');
      else this.#watch(transaction);
    }
  }

  #watch(transaction: Transaction): void {
    if (!this.#open.has(transaction.id)) return;
    transaction.idleTimer = startTimer(
      () => this.#end(transaction, 'unknown'),
      this.#limits.transactionIdleMs,
    ).unref();
  }

  /** Giving the session back rolls back what is still open. */
  #end(transaction: Transaction, reason: EndReason): void {
    clearTimeout(transaction.idleTimer);
    if (!this.#open.delete(transaction.id)) return;
    transaction.forgetEnd();
    const [oldest] = this.#ended.keys();
    if (this.#ended.size >= remembered && oldest !== undefined) this.#ended.delete(oldest);
    this.#ended.set(transaction.id, reason);
    transaction.lease.release();
  }
}

function notFound(id: string, reason: EndReason = 'unknown'): DataApiError {
  return new DataApiError(
    'TransactionNotFoundException',
    `Transaction ${id} is not found. ${reasons[reason]}`,
  );
}
