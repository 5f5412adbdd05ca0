import { setTimeout as delay } from 'node:timers/promises';

/** Work that a worker does ahead of its next word with the catalog, when its tenants are quick. */
const aheadMs = 250;
const mostAhead = 256;

/** Work that a lane takes at once, when tenants are quick. */
const togetherMs = 50;
const mostTogether = 16;

/** While the last tenants are at work, those that are done are reported this often. */
const lastReportMs = 250;

/** Works on tenants and says of each what became of it, as soon as that is known; never rejects. */
export type LaneWork<Tenant, Result> = (
  tenants: readonly Tenant[],
  finish: (result: Result) => void,
) => Promise<void>;

/**
 * A worker's tenants: some at work in up to `count` lanes, others waiting for a free lane. Quick tenants are held in larger numbers, so
 * that the catalog is asked once for many of them, and several share a lane; slow ones never wait behind each other.
 */
export class TenantLanes<Tenant, Result extends { readonly milliseconds: number }> {
  readonly #count: number;
  readonly #work: LaneWork<Tenant, Result>;
  readonly #waiting: Tenant[] = [];
  readonly #atWork = new Set<Promise<void>>();
  #tenantsAtWork = 0;
  #finished: Result[] = [];
  #meanMs: number | undefined;
  #areLast = false;
  #wake: () => void = () => undefined;

  constructor(count: number, work: LaneWork<Tenant, Result>) {
    this.#count = count;
    this.#work = work;
  }

  /** Tenants that are waiting or at work. */
  get held(): number {
    return this.#waiting.length + this.#tenantsAtWork;
  }

  /** How many more to hold, going by the time that the last ones took. */
  get room(): number {
    const ahead = this.#count * this.#howOften(aheadMs);
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

  /**
   * Waits until there is something to report and a lane is about to be free, or all of them where these are the last tenants; at most so
   * long that leases can be prolonged in time, and that of the last ones each is reported while others are still at work.
   */
  async untilShort(mostMs: number, { areLast = false } = {}): Promise<void> {
    this.#areLast = areLast;
    if (this.#isShort()) return;
    const longestMs = areLast ? Math.min(mostMs, lastReportMs) : mostMs;
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
    if (this.#finished.length === 0) return false;
    return this.#areLast ? this.held === 0 : this.#waiting.length < this.#count * this.#quick;
  }

  /** How many tenants take no longer than a lane may at once, going by the last ones. */
  get #quick(): number {
    return Math.min(Math.max(this.#howOften(togetherMs), 1), mostTogether);
  }

  /** How many tenants are done in this time, going by the last ones; of the first ones nothing is known. */
  #howOften(milliseconds: number): number {
    return this.#meanMs === undefined ? 1 : Math.floor(milliseconds / Math.max(this.#meanMs, 1));
  }

  #fill(): void {
    while (this.#atWork.size < this.#count && this.#waiting.length > 0) {
      const share = Math.ceil(this.#waiting.length / (this.#count - this.#atWork.size));
      const tenants = this.#waiting.splice(0, Math.min(share, this.#quick));
      this.#tenantsAtWork += tenants.length;
      const work: Promise<void> = this.#work(tenants, (result) => this.#finish(result)).then(() => {
        this.#atWork.delete(work);
        this.#fill();
        if (this.#isShort()) this.#wake();
      });
      this.#atWork.add(work);
    }
  }

  #finish(result: Result): void {
    this.#tenantsAtWork -= 1;
    this.#finished.push(result);
    const mean = this.#meanMs ?? result.milliseconds;
    this.#meanMs = mean + (result.milliseconds - mean) / 4;
  }
}
