import type { RunningPostgres } from './postgres/start-postgres.ts';

/** A PostgreSQL for tests; `close` ends it and removes its data. */
export interface TestPostgres {
  readonly postgres: RunningPostgres;
  close(): Promise<void>;
}

/** A fresh PostgreSQL that is fast and not safe against a crash, for tests that open it in `beforeAll` and close it in `afterAll`. */
export async function openTestPostgres(): Promise<TestPostgres> {
  // Loaded late, as in `startLocal`.
  const { openTestPostgres: open } = await import('./postgres/with-test-postgres.ts');
  return open();
}

/** Runs `fn` with such a PostgreSQL; server and data are gone afterwards. */
export async function withTestPostgres<Result>(
  fn: (postgres: RunningPostgres) => Promise<Result>,
): Promise<Result> {
  const { withTestPostgres: run } = await import('./postgres/with-test-postgres.ts');
  return run(fn);
}
