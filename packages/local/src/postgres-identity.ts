import { Client } from 'pg';
import type { RunningPostgres } from './postgres/start-postgres.ts';

/** What tells one PostgreSQL database from any other, over restarts too: what is recorded about one does not hold for another. */
export async function readPostgresIdentity({
  host,
  port,
  admin,
}: RunningPostgres): Promise<string> {
  const client = new Client({ host, port, ...admin });
  await client.connect();
  try {
    const { rows } = await client.query<{ system: string; database: string }>(
      'select system_identifier::text as system, current_database() as database from pg_control_system()',
    );
    const [row] = rows;
    return `${row?.system}/${row?.database}`;
  } finally {
    await client.end();
  }
}
