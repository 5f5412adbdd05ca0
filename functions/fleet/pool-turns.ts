/**
 * Turns at the tables of pools: tenants of one pool have theirs one after the other, so that none holds a session only to wait for a
 * lock. What failed for one fails for those after it without being tried again.
 */
export class PoolTurns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `work` when it is the pool's turn; at once for a tenant without a pool. */
  async take<Result>(pool: string | null, work: () => Promise<Result>): Promise<Result> {
    if (pool === null) return await work();
    const before = this.#last.get(pool);
    const turn = before === undefined ? work() : before.then(work);
    this.#last.set(pool, turn);
    return await turn;
  }
}
