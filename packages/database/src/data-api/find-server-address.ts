import { Kysely, sql } from 'kysely';
import { DataApiDialect, type DataApiDialectConfig } from './data-api-dialect.ts';

/**
 * Where the server behind a cluster listens, by its own word; undefined where it does not say. Of use only on the machine of a local
 * system: on AWS nothing but the Data API leads there.
 */
export async function findServerAddress(
  driver: DataApiDialectConfig['driver'],
): Promise<{ readonly host: string; readonly port: number } | undefined> {
  const db = new Kysely<unknown>({ dialect: new DataApiDialect({ mode: 'postgres', driver }) });
  const { rows } = await sql<{ host: string | null; port: number | null }>`
    select host(inet_server_addr()) as host, inet_server_port() as port`.execute(db);
  const { host = null, port = null } = rows[0] ?? {};
  return host === null || port === null ? undefined : { host, port };
}
