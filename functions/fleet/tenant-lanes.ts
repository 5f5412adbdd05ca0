import { setTimeout as delay } from 'node:timers/promises';

/** Work that a worker does ahead of its next word with the catalog, when its tenants are quick. */
const aheadMs = 250;
const mostAhead = 128;

/**
 * A worker's tenants: some at work, up to `count` at once, others waiting for a free lane. Quick tenants are held in larger numbers, so
 * that the catalog is asked once for many of them; slow ones never wait behind each other.
 */
export class TenantLanes<Tenant, Result extends { readonly milliseconds: number }> {
  readonly #count: number;
  readonly #work: (tenant: Tenant) => Promise<Result>;
  readonly #waiting: Tenant[] = [];
  readonly #atWork = new Set<Promise<void>>();
  #finished: Result[] = [];
  #meanMs = aheadMs;
  #wake: () => void = () => undefined;

  /** `work` never rejects. */
  constructor(count: number, work: (tenant: Tenant) => Promise<Result>) {
    this.#count = count;
    this.#work = work;
  }

  /** Tenants that are waiting or at work. */
  get held(): number {
    return this.#waiting.length + this.#atWork.size;
  }

  /** How many more to hold, going by the time that the last ones took. */
  get room(): number {
    const ahead = Math.floor((this.#count * aheadMs) / Math.max(this.#meanMs, 1));
    const wanted = Math.min(Math.max(ahead, this.#count), Math.max(mostAhead, this.#count));
    return Math.max(0, wanted - this.held);
  }

  /** Whether something was finished since the last call of `takeResults`. */
  get hasResults(): boolean {
    return this.#finished.length > 0;
  }

  add(tenants: readonly Tenant[]): void {
    this.#waiting.push(...tenants);
    this.#fill();
  }

  /** What was finished since the last call. */
  takeResults(): Result[] {
    const results = this.#finished;
    this.#finished = [];
    return results;
  }

  /** Waits until a lane is about to be free and there is something to report, at most so long that leases can be prolonged in time. */
  async untilShort(longestMs: number): Promise<void> {
    if (this.#isShort()) return;
    const timer = new AbortController();
    const short = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const late = delay(longestMs, undefined, { signal: timer.signal, ref: false }).catch(
      () => undefined,
    );
    await Promise.race([short, late]);
    timer.abort();
  }

  /** Waits for all that is at work; what is waiting is not begun. */
  async close(): Promise<void> {
    this.#waiting.length = 0;
    await Promise.all(this.#atWork);
  }

  #isShort(): boolean {
    return this.#finished.length > 0 && this.#waiting.length < this.#count;
  }

  #fill(): void {
    while (this.#atWork.size < this.#count) {
      const tenant = this.#waiting.shift();
      if (tenant === undefined) return;
      const work: Promise<void> = this.#work(tenant).then((result) => {
        this.#atWork.delete(work);
        this.#finished.push(result);
        this.#meanMs += (result.milliseconds - this.#meanMs) / 4;
        this.#fill();
        if (this.#isShort()) this.#wake();
      });
      this.#atWork.add(work);
    }
  }
}
