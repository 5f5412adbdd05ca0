import type { AnyDb } from '@tenantry/testing';
import { sql } from 'kysely';

/** A tenant's session in the middle of its work. */
export interface HeldSession {
  /** Whether it still answers, in the same process of the server. */
  isAlive(): Promise<boolean>;
  release(): Promise<void>;
}

/** Opens a session of `db` and keeps it until it is released. */
export async function holdSession(db: AnyDb): Promise<HeldSession> {
  const opened = Promise.withResolvers<AnyDb>();
  const released = Promise.withResolvers<void>();
  const holding = db.connection().execute(async (session) => {
    opened.resolve(session);
    await released.promise;
  });
  const session = await opened.promise;
  const pid = await readPid(session);
  return {
    isAlive: async () => (await readPid(session)) === pid,
    release: async () => {
      released.resolve();
      await holding;
    },
  };
}

async function readPid(session: AnyDb): Promise<number | undefined> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(session);
  return rows[0]?.pid;
}
