import { setTimeout as delay } from 'node:timers/promises';
import { isCatalogRace } from './sql-state.ts';

const attempts = 8;

/**
 * Repeats work that lost a race for PostgreSQL's own catalog rows (parallel `CREATE ROLE`, `GRANT`, `CREATE SCHEMA`), with jitter. The
 * work must bear being run twice.
 */
export async function retryCatalogRace<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === attempts || !isCatalogRace(error)) throw error;
      await delay(Math.random() * 25 * 2 ** attempt);
    }
  }
}
