import { setTimeout as startTimer } from 'node:timers';
import { DataApiError } from './data-api-error.ts';
import { Session } from './session.ts';
import type { StatementLimits } from './statement-run.ts';

/** Which session is asked for: a login and a database. Two versions of a secret never share one. */
export interface SessionKey {
  readonly secretArn: string;
  readonly secretVersion: string;
  readonly username: string;
  readonly password: string;
  readonly database: string;
}

/** How many sessions there may be, and for how long. */
export interface PoolLimits extends StatementLimits {
  readonly maxSessions: number;
  readonly maxSessionsPerRole: number;
  readonly sessionIdleMs: number;
  /** How long a request waits for a session. */
  readonly acquireTimeoutMs: number;
}

/** A session in use; it must be given back once. */
export interface Lease {
  readonly session: Session;
  /** Takes back what the request left in the session and keeps it for the next one. */
  readonly release: () => void;
}

interface Slot {
  readonly key: SessionKey;
  readonly session: Session;
  state: 'used' | 'resetting' | 'idle';
  idleTimer: NodeJS.Timeout | undefined;
}

interface Waiter {
  readonly key: SessionKey;
  readonly timer: NodeJS.Timeout;
  resolve(lease: Lease): void;
  reject(error: unknown): void;
}

/** Too many connections: for the role, for the database, or for the server. */
const tooManyConnections = '53300';

/**
 * Sessions by login and database, bounded in total and for each role; the least recently used idle one makes room. Requests that
 * find no room wait in line.
 */
export class SessionPool {
  readonly #address: { readonly host: string; readonly port: number };
  readonly #limits: PoolLimits;
  /** Least recently used first. */
  readonly #slots = new Set<Slot>();
  readonly #opening = new Map<Promise<unknown>, SessionKey>();
  readonly #closing = new Map<Promise<void>, SessionKey>();
  /** Fewer sessions than ours that PostgreSQL allows a role, learned when it refused one. */
  readonly #learnedLimits = new Map<string, number>();
  #waiters: Waiter[] = [];
  #isClosed = false;

  constructor(address: { host: string; port: number }, limits: PoolLimits) {
    this.#address = address;
    this.#limits = limits;
  }

  /** All connections to the server: in use, idle, opening and closing. */
  get size(): number {
    return this.#slots.size + this.#opening.size + this.#closing.size;
  }

  /** A session of this login. Throws what PostgreSQL says to the login, or `ServiceUnavailableError` when none gets free in time. */
  acquire(key: SessionKey): Promise<Lease> {
    if (this.#isClosed) return Promise.reject(unavailable('the Data API is shutting down'));
    this.#dropOtherVersions(key);
    const idle = this.#findIdle(key);
    if (idle !== undefined) return Promise.resolve(this.#take(idle));
    return new Promise<Lease>((resolve, reject) => {
      const timer = startTimer(() => this.#giveUp(waiter), this.#limits.acquireTimeoutMs);
      const waiter: Waiter = { key, timer, resolve, reject };
      this.#waiters.push(waiter);
      this.#serve();
    });
  }

  /** Ends all sessions, those in use as well, and waits until they are closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const waiter of this.#waiters.splice(0)) {
      clearTimeout(waiter.timer);
      waiter.reject(unavailable('the Data API is shutting down'));
    }
    await Promise.allSettled(this.#opening.keys());
    for (const slot of this.#slots) this.#close(slot);
    await Promise.all(this.#closing.keys());
  }

  #findIdle(key: SessionKey): Slot | undefined {
    let found: Slot | undefined;
    for (const slot of this.#slots) {
      if (slot.state !== 'idle' || slot.session.isGone) continue;
      if (isSame(slot.key, key)) found = slot;
    }
    return found;
  }

  #take(slot: Slot): Lease {
    clearTimeout(slot.idleTimer);
    slot.state = 'used';
    return { session: slot.session, release: () => void this.#release(slot) };
  }

  async #release(slot: Slot): Promise<void> {
    if (!this.#slots.delete(slot)) return;
    this.#slots.add(slot);
    slot.state = 'resetting';
    try {
      await slot.session.reset();
    } catch {
      // Whatever PostgreSQL said, a session that cannot be cleaned is never used again.
      this.#close(slot);
      return;
    }
    if (!this.#slots.has(slot)) return;
    slot.state = 'idle';
    slot.idleTimer = startTimer(() => this.#close(slot), this.#limits.sessionIdleMs).unref();
    this.#serve();
  }

  /** Gives waiting requests what there is, in order; who cannot be served does not hold up the others. */
  #serve(): void {
    const promised = new Map<string, number>();
    for (const waiter of this.#waiters) {
      const idle = this.#findIdle(waiter.key);
      if (idle !== undefined) {
        this.#settle(waiter).resolve(this.#take(idle));
      } else if (!this.#isPromised(waiter.key, promised)) {
        this.#makeRoom(waiter.key);
        if (this.#hasRoom(waiter.key)) this.#open(waiter);
      }
    }
  }

  /** A session that is being cleaned is ready sooner than a new one; each is promised to one waiter. */
  #isPromised(key: SessionKey, promised: Map<string, number>): boolean {
    const name = nameOf(key);
    const count = promised.get(name) ?? 0;
    const resetting = [...this.#slots].filter(
      (slot) => slot.state === 'resetting' && isSame(slot.key, key),
    );
    if (count >= resetting.length) return false;
    promised.set(name, count + 1);
    return true;
  }

  #hasRoom(key: SessionKey): boolean {
    const { maxSessions, maxSessionsPerRole } = this.#limits;
    const roleLimit = this.#learnedLimits.get(key.username) ?? maxSessionsPerRole;
    return this.size < maxSessions && this.#countOfRole(key.username) < roleLimit;
  }

  #countOfRole(username: string): number {
    const keys = [
      ...[...this.#slots].map((slot) => slot.key),
      ...this.#opening.values(),
      ...this.#closing.values(),
    ];
    return keys.filter((key) => key.username === username).length;
  }

  #makeRoom(key: SessionKey): void {
    if (this.#hasRoom(key) || this.#closing.size > 0) return;
    const isFull = this.size >= this.#limits.maxSessions;
    for (const slot of this.#slots) {
      if (slot.state !== 'idle') continue;
      if (!isFull && slot.key.username !== key.username) continue;
      this.#close(slot);
      return;
    }
  }

  #open(waiter: Waiter): void {
    const { key } = waiter;
    this.#settle(waiter);
    const opening = Session.open({ ...this.#address, ...key }, this.#limits);
    this.#opening.set(opening, key);
    opening.then(
      (session) => {
        this.#opening.delete(opening);
        waiter.resolve(this.#take(this.#add(key, session)));
      },
      (error: unknown) => {
        this.#opening.delete(opening);
        this.#refused(waiter, error);
        this.#serve();
      },
    );
  }

  #add(key: SessionKey, session: Session): Slot {
    const slot: Slot = { key, session, state: 'used', idleTimer: undefined };
    this.#slots.add(slot);
    session.onEnd(() => {
      clearTimeout(slot.idleTimer);
      if (this.#slots.delete(slot)) this.#gone(key);
    });
    return slot;
  }

  /** Where the role's own limit is lower than ours, a session that gets free will do. */
  #refused(waiter: Waiter, error: unknown): void {
    const { username } = waiter.key;
    const isFull = (error as { code?: unknown }).code === tooManyConnections;
    const others = this.#countOfRole(username);
    if (!isFull || others === 0 || this.#isClosed) {
      waiter.reject(error);
      return;
    }
    this.#learnedLimits.set(username, others);
    const timer = startTimer(() => this.#giveUp(again), this.#limits.acquireTimeoutMs);
    const again: Waiter = { ...waiter, timer };
    this.#waiters.push(again);
  }

  #gone({ username }: SessionKey): void {
    if (this.#countOfRole(username) === 0) this.#learnedLimits.delete(username);
    this.#serve();
  }

  #settle(waiter: Waiter): Waiter {
    clearTimeout(waiter.timer);
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
    return waiter;
  }

  #giveUp(waiter: Waiter): void {
    const { acquireTimeoutMs } = this.#limits;
    this.#settle(waiter).reject(
      unavailable(`no session became free within ${acquireTimeoutMs} ms`),
    );
  }

  #dropOtherVersions(key: SessionKey): void {
    for (const slot of this.#slots) {
      const { secretArn, secretVersion } = slot.key;
      const isOld = secretArn === key.secretArn && secretVersion !== key.secretVersion;
      if (isOld && slot.state === 'idle') this.#close(slot);
    }
  }

  #close(slot: Slot): void {
    clearTimeout(slot.idleTimer);
    if (!this.#slots.delete(slot)) return;
    const closing: Promise<void> = slot.session.close().finally(() => {
      this.#closing.delete(closing);
      this.#gone(slot.key);
    });
    this.#closing.set(closing, slot.key);
  }
}

function isSame(one: SessionKey, other: SessionKey): boolean {
  return nameOf(one) === nameOf(other);
}

function nameOf({ secretArn, secretVersion, database }: SessionKey): string {
  return `${secretArn}\n${secretVersion}\n${database}`;
}

function unavailable(reason: string): DataApiError {
  return new DataApiError('ServiceUnavailableError', `No database session: ${reason}.`);
}
