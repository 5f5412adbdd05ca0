import type { PostgresPool } from 'kysely';
import { openTenantDb, type TenantDbOptions, type TenantHandles } from '../tenant-db.ts';
import type { CredentialsCache } from '../secrets/credentials-cache.ts';
import { PgDialect } from './pg-dialect.ts';
import { PgSession } from './pg-session.ts';
import { PgSessionPool, type PgPoolLimits, type PgSessionKey } from './pg-session-pool.ts';

/** Which server, with whose logins, and how many sessions at most. */
export interface PgTenantsOptions extends Partial<PgPoolLimits> {
  readonly host: string;
  /** @default 5432 */
  readonly port?: number;
  /** Logins by the ARN of their secret. */
  readonly credentials: CredentialsCache;
  /**
   * Sessions in all.
   * @default 20
   */
  readonly maxSessions?: number;
  /**
   * Sessions of one role; stay below the role's own connection limit.
   * @default 4
   */
  readonly maxSessionsPerRole?: number;
  /**
   * How long a session is kept without use.
   * @default 60000
   */
  readonly idleMs?: number;
  /**
   * How long a request waits for a session before it fails.
   * @default 5000
   */
  readonly acquireTimeoutMs?: number;
  /** @default 5000 */
  readonly connectTimeoutMs?: number;
}

/** The tenants of a PostgreSQL server, reached directly. */
export interface PgTenants {
  /** Opens a tenant's tables; it holds no session until a query runs. */
  open<TenantTables, SharedTables>(
    key: PgSessionKey,
    options?: TenantDbOptions,
  ): TenantHandles<TenantTables, SharedTables>;
  /** Connections of any kind right now. */
  readonly sessionCount: number;
  /** Ends all sessions. */
  close(): Promise<void>;
}

/**
 * Reaches tenants on a PostgreSQL server over `pg`, each with its own login, through sessions that are bounded in total and for each
 * role. A session is cleaned (`resetSession`) before another request gets it. A password that the database refuses is read anew once;
 * a login that falls between the two steps of a rotation (secret, then role) is refused.
 *
 * @example
 * const tenants = openPgTenants({ host, credentials: createCredentialsCache(read) });
 * const { db } = tenants.open<TenantTables, SharedTables>({ secretArn, database: 'tenantry' });
 */
export function openPgTenants(options: PgTenantsOptions): PgTenants {
  const { host, port = 5432, credentials, connectTimeoutMs = 5000 } = options;
  const pool = new PgSessionPool(
    async (key) => await PgSession.open({ host, port, connectTimeoutMs, ...key }, credentials),
    {
      maxSessions: options.maxSessions ?? 20,
      maxSessionsPerRole: options.maxSessionsPerRole ?? 4,
      idleMs: options.idleMs ?? 60_000,
      acquireTimeoutMs: options.acquireTimeoutMs ?? 5000,
    },
  );
  return {
    open: (key, more) => openTenantDb(new PgDialect({ pool: poolOf(pool, key) }), undefined, more),
    get sessionCount() {
      return pool.size;
    },
    close: async () => await pool.close(),
  };
}

/** The part of the pool that one role sees, in the shape that Kysely takes. */
export function poolOf<Key extends PgSessionKey>(
  pool: PgSessionPool<PgSession, Key>,
  key: Key,
): PostgresPool {
  return {
    options: {},
    connect: async () => {
      const { session, release } = await pool.acquire(key);
      return {
        query: (async (text: string, values: readonly unknown[] = []) =>
          await session.query(text, values)) as never,
        release: (broken) => release(broken === true),
        ...(session.processID === undefined ? {} : { processID: session.processID }),
      };
    },
    end: async () => {},
  };
}
