import { createHash } from 'node:crypto';
import { sql, type Kysely } from 'kysely';
import { clusterFunctions } from '../cluster/cluster-functions.ts';

const statements = [
  'revoke all on schema tenantry from public',
  ...clusterFunctions,
  'revoke execute on all routines in schema tenantry from public',
];

const hash = createHash('sha256').update(JSON.stringify(statements)).digest('hex');

/**
 * Brings the platform's functions in a customer's database up to date, logged in as the tenant's migrator, who owns them. Where that is
 * done already it costs one query.
 */
export async function prepareCustomerDatabase(migrator: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ prepared: string | null }>`
    select obj_description(to_regnamespace('tenantry'), 'pg_namespace') as prepared`.execute(
    migrator,
  );
  if (rows[0]?.prepared === hash) return;
  await migrator.transaction().execute(async (trx) => {
    for (const statement of statements) await sql.raw(statement).execute(trx);
    await sql.raw(`comment on schema tenantry is '${hash}'`).execute(trx);
  });
}
