import {
  ownerNameOf,
  PrivilegesNotEffectiveError,
  schemaNameOf,
  type TenantId,
} from '@tenantry/tenancy';
import { sql, type QueryExecutorProvider, type RawBuilder } from 'kysely';

/**
 * Reads back what a tenant's role can really do and throws `PrivilegesNotEffectiveError` naming every difference: a `REVOKE` without
 * effect only warns, so nothing is believed that was not read back.
 */
export async function verifyPrivileges(db: QueryExecutorProvider, id: TenantId): Promise<void> {
  const { rows } = await sql<{ violations: readonly string[] }>`
    select ${findViolations(id)} as violations`.execute(db);
  assertNoViolations(id, rows[0]?.violations);
}

/** The call that answers a list of sentences, one for each way in which the tenant's roles and schema are not as they must be. */
export function findViolations(id: TenantId): RawBuilder<readonly string[]> {
  return sql`tenantry.find_violations(${schemaNameOf(id)}, ${ownerNameOf(id)})`;
}

/** Throws `PrivilegesNotEffectiveError` unless the answer is an empty list. */
export function assertNoViolations(
  id: TenantId,
  violations: readonly string[] = ['nothing was answered'],
): void {
  if (violations.length > 0) throw new PrivilegesNotEffectiveError(id, violations);
}
