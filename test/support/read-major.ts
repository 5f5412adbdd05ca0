import type { AnyDb } from '@tenantry/testing';
import { sql } from 'kysely';

/** The major version of the server behind a connection: 17. */
export async function readMajor(db: AnyDb): Promise<number> {
  const { rows } = await sql<{ major: number }>`
    select current_setting('server_version_num')::int / 10000 as major`.execute(db);
  return rows[0]?.major ?? 0;
}
