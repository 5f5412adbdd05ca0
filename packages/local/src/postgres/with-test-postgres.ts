import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyCluster } from './copy-cluster.ts';
import { startPostgres, type RunningPostgres } from './start-postgres.ts';

/**
 * Runs `fn` with a fresh PostgreSQL that is fast and not safe against a crash; server and data are gone afterwards.
 *
 * @example
 * await withTestPostgres(async (postgres) => { await connect(postgres.port); });
 */
export async function withTestPostgres<Result>(
  fn: (postgres: RunningPostgres) => Promise<Result>,
): Promise<Result> {
  const test = await openTestPostgres();
  try {
    return await fn(test.postgres);
  } finally {
    await test.close();
  }
}

/** How a server for tests is run. */
export interface TestPostgresOptions {
  /** Makes it as safe against a crash as it is elsewhere, for measurements. @default false */
  readonly durable?: boolean;
  /** A folder that keeps the data when the server is gone. @default - a temporary one, which is removed */
  readonly folder?: string;
  /** The `dataDir` of a server that has ended, to begin with a copy of its data, roles and passwords. @default - an empty server */
  readonly template?: string | undefined;
}

/** A PostgreSQL for tests; `close` ends it, and removes its data when no folder keeps them. */
export interface TestPostgres {
  readonly postgres: RunningPostgres;
  /** The folder of its data. */
  readonly dataDir: string;
  close(): Promise<void>;
}

/** The same for tests that open it in `beforeAll` and close it in `afterAll`. */
export async function openTestPostgres(options: TestPostgresOptions = {}): Promise<TestPostgres> {
  const { durable = false, folder, template } = options;
  const dataDir = await mkdtemp(join(folder ?? tmpdir(), 'tenantry-test-'));
  const remove = async () => {
    if (folder === undefined) await rm(dataDir, { recursive: true, force: true });
  };
  try {
    if (template !== undefined) copyCluster(template, dataDir);
    const logFile = join(dataDir, 'postgres.log');
    const postgres = await startPostgres({ dataDir, logFile, durable });
    const close = async () => {
      await postgres.stop();
      await remove();
    };
    return { postgres, dataDir, close };
  } catch (error) {
    await remove();
    throw error;
  }
}
