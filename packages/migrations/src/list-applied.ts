import { createHash } from 'node:crypto';
import type { QueryExecutorProvider } from 'kysely';
import type { MigrationTarget } from './apply-options.ts';
import { digestLedgers } from './fingerprint/fingerprint-schemas.ts';
import { readLedger, type LedgerRow } from './read-ledger.ts';

/**
 * Ids of what was applied to each of many schemas of one database, oldest first; none for a schema to which nothing was, or that is not
 * there. Costs a query for some hundred schemas and one for each different ledger. A schema whose ledger changes meanwhile may have no answer.
 */
export async function listApplied(
  migrator: QueryExecutorProvider,
  targets: readonly MigrationTarget[],
): Promise<Map<string, readonly string[]>> {
  const digests = await digestLedgers(migrator, targets);
  const applied = new Map<string, readonly string[]>();
  const groups = Map.groupBy(targets, ({ schema }) => digests.get(schema) ?? null);
  for (const [digest, group] of groups) {
    const ids = digest === null ? [] : await findLedger(migrator, group, digest);
    if (ids === undefined) continue;
    for (const { schema } of group) applied.set(schema, ids);
  }
  return applied;
}

/** A ledger that was changed since it was hashed must not speak for the others of its group. */
async function findLedger(
  migrator: QueryExecutorProvider,
  group: readonly MigrationTarget[],
  digest: string,
): Promise<readonly string[] | undefined> {
  for (const target of group) {
    const ledger = await readLedger(migrator, target);
    if (digestOf(ledger) === digest) return ledger.map(({ id }) => id);
  }
  return undefined;
}

/** What `tenantry.digest_ledgers` says of these rows. */
function digestOf(ledger: readonly LedgerRow[]): string {
  if (ledger.length === 0) return '';
  const rows = ledger.map(({ id, checksum }) => `${id} ${checksum}`);
  return createHash('sha256').update(rows.join(',')).digest('hex');
}
