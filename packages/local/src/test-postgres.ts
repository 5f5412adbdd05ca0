import type { RunningPostgres } from './postgres/start-postgres.ts';
import type { TestPostgres, TestPostgresOptions } from './postgres/with-test-postgres.ts';

export type { TestPostgres, TestPostgresOptions } from './postgres/with-test-postgres.ts';

/** A fresh PostgreSQL, fast and not safe against a crash unless told otherwise, for tests that open it in `beforeAll` and close it in `afterAll`. */
export async function openTestPostgres(options?: TestPostgresOptions): Promise<TestPostgres> {
  // Loaded late, as in `startLocal`.
  const { openTestPostgres: open } = await import('./postgres/with-test-postgres.ts');
  return open(options);
}

/** Runs `fn` with such a PostgreSQL; server and data are gone afterwards. */
export async function withTestPostgres<Result>(
  fn: (postgres: RunningPostgres) => Promise<Result>,
): Promise<Result> {
  const { withTestPostgres: run } = await import('./postgres/with-test-postgres.ts');
  return run(fn);
}
