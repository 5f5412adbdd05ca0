import {
  correctVersions,
  type TargetSelector,
  type UnreadTenant,
  type VersionCorrection,
} from '@tenantry/tenancy';
import { compareVersions } from './compare-versions.ts';
import type { Fleet } from './fleet.ts';

/** What became of the catalog when it was compared with the tenants' ledgers. */
export interface VerifiedVersions {
  readonly checked: number;
  readonly corrected: readonly VersionCorrection[];
  readonly unread: readonly UnreadTenant[];
}

/**
 * Reads the ledgers of the selected tenants, and of all who share tables with them, and sets right what the catalog knows: a database
 * that was restored by itself is older than it says.
 */
export async function verifyVersions(
  fleet: Fleet,
  selector: TargetSelector,
  by: { readonly actor: string; readonly runId?: string },
): Promise<VerifiedVersions> {
  const { checked, wrong, unread } = await compareVersions(fleet, selector);
  return { checked, corrected: await correctVersions(fleet.catalog, wrong, by), unread };
}
