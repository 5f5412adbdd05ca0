import {
  ownerNameOf,
  PrivilegesNotEffectiveError,
  schemaNameOf,
  type TenantId,
} from '@tenantry/tenancy';
import { sql, type QueryExecutorProvider } from 'kysely';

/**
 * Reads back what a tenant's role can really do and throws `PrivilegesNotEffectiveError` naming every difference: a `REVOKE` without
 * effect only warns, so nothing is believed that was not read back.
 */
export async function verifyPrivileges(db: QueryExecutorProvider, id: TenantId): Promise<void> {
  const violations = await findViolations(db, id);
  if (violations.length > 0) throw new PrivilegesNotEffectiveError(id, violations);
}

async function findViolations(db: QueryExecutorProvider, id: TenantId): Promise<readonly string[]> {
  const result = await sql<{ violations: readonly string[] }>`
    select tenantry.find_violations(${schemaNameOf(id)}, ${ownerNameOf(id)}) as violations`.execute(
    db,
  );
  return result.rows[0]?.violations ?? ['nothing was answered'];
}
