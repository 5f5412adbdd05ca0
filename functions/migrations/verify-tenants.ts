import { assertNamesExist, type MigrationActions } from '@tenantry/tenancy';
import { verifyVersions } from '../fleet/verify-versions.ts';
import { fleet } from './environment.ts';

type Action = MigrationActions['verify-versions'];

/** An answer of a function has at most 6 MB. */
const mostNamed = 1000;

/** Sets right what the catalog knows of the selected tenants' migrations, and names whom it was wrong about and whom it cannot judge. */
export async function verifyTenants({
  selector,
  actor,
}: Action['input']): Promise<Action['result']> {
  await assertNamesExist(fleet.catalog, selector);
  const { checked, corrected, unread } = await verifyVersions(fleet, selector, { actor });
  const listed = Math.min(corrected.length, mostNamed) + Math.min(unread.length, mostNamed);
  return {
    checked,
    corrected: corrected.slice(0, mostNamed),
    unread: unread.slice(0, mostNamed),
    more: corrected.length + unread.length - listed,
  };
}
