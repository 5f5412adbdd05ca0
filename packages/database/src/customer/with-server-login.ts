import type { CustomerDatabase } from '@tenantry/tenancy';
import { Kysely } from 'kysely';
import { pgDialect } from '../pg/pg-dialect.ts';
import { explainRefusal } from './explain-refusal.ts';
import { probeServer } from './probe-server.ts';

/** A login at a customer's server. */
export interface ServerAccess {
  readonly server: Pick<CustomerDatabase, 'host' | 'port' | 'tls' | 'tlsCa'>;
  readonly user: string;
  readonly password: string;
}

/**
 * Runs `fn` in a database of a customer's server, in one session that ends with it. Throws `ServerNotReachedError` and
 * `ServerRefusedError`.
 */
export async function withServerLogin<Result>(
  access: ServerAccess,
  database: string,
  fn: (db: Kysely<unknown>) => Promise<Result>,
): Promise<Result> {
  const { server, user, password } = access;
  await probeServer(access);
  const dialect = pgDialect({ ...server, database, user, password, maxSessions: 1 });
  const db = new Kysely<unknown>({ dialect });
  try {
    return await fn(db);
  } catch (error) {
    throw explainRefusal(error, { server, user, database });
  } finally {
    await db.destroy();
  }
}
