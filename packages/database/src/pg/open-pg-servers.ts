import type { PostgresServer } from '@tenantry/tenancy';
import type { Dialect } from 'kysely';
import type { CredentialsCache } from '../secrets/credentials-cache.ts';
import { PgDialect } from './pg-dialect.ts';
import { poolOf } from './open-pg-tenants.ts';
import { PgSession } from './pg-session.ts';
import { PgSessionPool, type PgPoolLimits, type PgSessionKey } from './pg-session-pool.ts';

/** With whose logins servers are opened, and how many sessions there are at most. */
export interface PgServersOptions extends Partial<PgPoolLimits> {
  /** Logins by the ARN of their secret. */
  readonly credentials: CredentialsCache;
  /** @default 5000 */
  readonly connectTimeoutMs?: number;
}

/** PostgreSQL servers, each reached directly. */
export interface PgServers {
  /** A dialect that logs in to a server's database with the login in a secret; it holds no session until a query runs. */
  dialect(server: PostgresServer, key: PgSessionKey): Dialect;
  /** Ends all sessions. */
  close(): Promise<void>;
}

interface ServerKey extends PgSessionKey {
  readonly server: PostgresServer;
}

/**
 * Reaches databases on any number of servers over `pg`, through sessions that are bounded in total and for each role, as
 * `openPgTenants` does for one server.
 *
 * @example
 * const servers = openPgServers({ credentials: createCredentialsCache(read) });
 * const { db } = openTenantDb<TenantTables, SharedTables>(servers.dialect(server, { secretArn, database: 'acme' }));
 */
export function openPgServers(options: PgServersOptions): PgServers {
  const { credentials, connectTimeoutMs = 5000 } = options;
  const pool = new PgSessionPool<PgSession, ServerKey>(
    async ({ server, ...key }) =>
      await PgSession.open({ ...server, connectTimeoutMs, ...key }, credentials),
    {
      maxSessions: options.maxSessions ?? 20,
      maxSessionsPerRole: options.maxSessionsPerRole ?? 4,
      idleMs: options.idleMs ?? 60_000,
      acquireTimeoutMs: options.acquireTimeoutMs ?? 5000,
    },
  );
  return {
    dialect: (server, key) => new PgDialect({ pool: poolOf(pool, { server, ...key }) }),
    close: async () => await pool.close(),
  };
}
