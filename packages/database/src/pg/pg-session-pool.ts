import { setTimeout as startTimer } from 'node:timers';
import { DatabaseUnavailableError } from '@tenantry/tenancy';

/** What a pool needs of a session. */
export interface PooledSession {
  readonly isGone: boolean;
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** Which session is asked for. */
export interface PgSessionKey {
  /** Stands for the role: each has a secret of its own. */
  readonly secretArn: string;
  readonly database: string;
}

/** How many sessions there may be, and for how long. */
export interface PgPoolLimits {
  readonly maxSessions: number;
  readonly maxSessionsPerRole: number;
  readonly idleMs: number;
  /** How long a request waits for a session. */
  readonly acquireTimeoutMs: number;
}

/** A session in use; it must be given back once. */
export interface PgLease<Session> {
  readonly session: Session;
  /** Gives the session back; one that is `broken` is closed instead of used again. */
  readonly release: (broken: boolean) => void;
}

interface Slot<Session> {
  readonly key: PgSessionKey;
  state: 'opening' | 'used' | 'resetting' | 'idle' | 'closing';
  session?: Session;
  idleTimer?: NodeJS.Timeout;
}

interface Waiter<Session, Key> {
  readonly key: Key;
  readonly timer: NodeJS.Timeout;
  resolve(lease: PgLease<Session>): void;
  reject(error: unknown): void;
}

/**
 * Sessions by role and database, bounded in total and for each role. The least recently used idle one makes room; requests that find no
 * room wait in line, and one that cannot be served does not hold up the others.
 */
export class PgSessionPool<Session extends PooledSession, Key extends PgSessionKey = PgSessionKey> {
  readonly #open: (key: Key) => Promise<Session>;
  readonly #limits: PgPoolLimits;
  /** All that count as connections, least recently used first. */
  readonly #slots = new Set<Slot<Session>>();
  readonly #waiters = new Set<Waiter<Session, Key>>();
  #isClosed = false;

  constructor(open: (key: Key) => Promise<Session>, limits: PgPoolLimits) {
    this.#open = open;
    this.#limits = limits;
  }

  /** Connections of any kind: in use, idle, opening and closing. */
  get size(): number {
    return this.#slots.size;
  }

  /** A session for `key`. Throws what opening one throws, or `DatabaseUnavailableError` when none gets free in time. */
  async acquire(key: Key): Promise<PgLease<Session>> {
    if (this.#isClosed) throw new DatabaseUnavailableError('the sessions are closed');
    const idle = this.#findIdle(key);
    if (idle !== undefined) return this.#take(idle);
    return await new Promise((resolve, reject) => {
      const { acquireTimeoutMs } = this.#limits;
      const reason = `no session became free within ${acquireTimeoutMs} ms`;
      const waiter: Waiter<Session, Key> = {
        key,
        resolve,
        reject,
        timer: startTimer(
          () => this.#settle(waiter).reject(new DatabaseUnavailableError(reason)),
          acquireTimeoutMs,
        ),
      };
      this.#waiters.add(waiter);
      this.#serve();
    });
  }

  /** Ends all sessions; those in use end when they are given back. Whoever waits gets `DatabaseUnavailableError`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const waiter of this.#waiters)
      this.#settle(waiter).reject(new DatabaseUnavailableError('the sessions are closed'));
    const idle = [...this.#slots].filter((slot) => slot.state === 'idle');
    await Promise.all(idle.map(async (slot) => await this.#close(slot)));
  }

  /** Gives waiting requests what there is, in order. */
  #serve(): void {
    const resetting = [...this.#slots].filter((slot) => slot.state === 'resetting');
    let unserved = 0;
    for (const waiter of this.#waiters) {
      const idle = this.#findIdle(waiter.key);
      const soon = resetting.findIndex((slot) => isSame(slot.key, waiter.key));
      if (idle !== undefined) {
        this.#settle(waiter).resolve(this.#take(idle));
      } else if (soon !== -1) {
        // A session that is being cleaned is ready sooner than a new one; each is promised to one waiter.
        resetting.splice(soon, 1);
      } else if (this.#hasRoom(waiter.key)) {
        void this.#openFor(this.#settle(waiter));
      } else {
        unserved += 1;
        if (this.#countOf('closing') < unserved) this.#makeRoom(waiter.key);
      }
    }
  }

  #findIdle(key: PgSessionKey): Slot<Session> | undefined {
    return [...this.#slots].findLast(
      (slot) => slot.state === 'idle' && isSame(slot.key, key) && slot.session?.isGone === false,
    );
  }

  #take(slot: Slot<Session>): PgLease<Session> {
    clearTimeout(slot.idleTimer);
    slot.state = 'used';
    return { session: slot.session as Session, release: (broken) => this.#release(slot, broken) };
  }

  #release(slot: Slot<Session>, broken: boolean): void {
    if (slot.state !== 'used') return;
    if (broken || this.#isClosed || slot.session?.isGone !== false) {
      void this.#close(slot);
      return;
    }
    this.#slots.delete(slot);
    this.#slots.add(slot);
    slot.state = 'resetting';
    // Whatever PostgreSQL said, a session that cannot be cleaned is never used again.
    slot.session.reset().then(
      () => this.#rest(slot),
      async () => await this.#close(slot),
    );
  }

  #rest(slot: Slot<Session>): void {
    if (this.#isClosed) {
      void this.#close(slot);
      return;
    }
    slot.state = 'idle';
    slot.idleTimer = startTimer(() => void this.#close(slot), this.#limits.idleMs).unref();
    this.#serve();
  }

  #hasRoom(key: PgSessionKey): boolean {
    const { maxSessions, maxSessionsPerRole } = this.#limits;
    return this.size < maxSessions && this.#countOfRole(key) < maxSessionsPerRole;
  }

  #countOfRole({ secretArn }: PgSessionKey): number {
    return [...this.#slots].filter(({ key }) => key.secretArn === secretArn).length;
  }

  #countOf(state: Slot<Session>['state']): number {
    return [...this.#slots].filter((slot) => slot.state === state).length;
  }

  #makeRoom(key: PgSessionKey): void {
    const isRoleFull = this.#countOfRole(key) >= this.#limits.maxSessionsPerRole;
    const oldest = [...this.#slots].find(
      (slot) => slot.state === 'idle' && (!isRoleFull || slot.key.secretArn === key.secretArn),
    );
    if (oldest !== undefined) void this.#close(oldest);
  }

  async #openFor(waiter: Waiter<Session, Key>): Promise<void> {
    const slot: Slot<Session> = { key: waiter.key, state: 'opening' };
    this.#slots.add(slot);
    try {
      slot.session = await this.#open(waiter.key);
      waiter.resolve(this.#take(slot));
    } catch (error) {
      this.#slots.delete(slot);
      waiter.reject(error);
      this.#serve();
    }
  }

  #settle(waiter: Waiter<Session, Key>): Waiter<Session, Key> {
    clearTimeout(waiter.timer);
    this.#waiters.delete(waiter);
    return waiter;
  }

  async #close(slot: Slot<Session>): Promise<void> {
    if (slot.state === 'closing') return;
    clearTimeout(slot.idleTimer);
    slot.state = 'closing';
    try {
      await slot.session?.close();
    } catch {
      // The connection is gone either way; nobody uses it any more.
    }
    this.#slots.delete(slot);
    this.#serve();
  }
}

function isSame(one: PgSessionKey, other: PgSessionKey): boolean {
  return one.secretArn === other.secretArn && one.database === other.database;
}
