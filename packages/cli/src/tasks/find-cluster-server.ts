import { DataApiDialect, type createDataApiClient } from '@tenantry/database';
import type { TablesRoute } from '@tenantry/tenancy';
import { Kysely, sql } from 'kysely';

/**
 * Where the server of a tenant's cluster listens, by its own word; undefined where it does not say. Of use only on the machine of a local
 * system: on AWS nothing but the Data API leads there.
 */
export async function findClusterServer(
  { clusterArn: resourceArn, database, secretArn }: TablesRoute,
  client: ReturnType<typeof createDataApiClient>,
): Promise<{ readonly host: string; readonly port: number } | undefined> {
  const driver = { client, secretArn, resourceArn, database };
  const db = new Kysely<unknown>({ dialect: new DataApiDialect({ mode: 'postgres', driver }) });
  const { rows } = await sql<{ host: string | null; port: number | null }>`
    select host(inet_server_addr()) as host, inet_server_port() as port`.execute(db);
  const { host = null, port = null } = rows[0] ?? {};
  return host === null || port === null ? undefined : { host, port };
}
