import type { TargetSelector, TargetsView } from '@tenantry/tenancy';
import type { VerifyFlag } from '../selector-flags.ts';
import type { Session } from '../session.ts';
import type { Platform } from '../system/platform.ts';
import { withSuggestion } from './get-tenant.ts';
import { verifyVersions, type VerifiedVersions } from './verify-versions.ts';

/** Whom a selector picks, and, where the tenants' ledgers were read first, what these said. */
export interface VerifiedTargets extends TargetsView {
  readonly verified?: VerifiedVersions;
}

/** What a command that works on selected tenants asks first. */
export interface TargetsQuery extends VerifyFlag {
  readonly selector: TargetSelector;
  /** What to type before a better name: `tenantry targets`. */
  readonly command: string;
}

/** Whom a selector picks; for an unknown tenant as `withSuggestion` has it. */
export async function findTargets(
  { selector, verify, command }: TargetsQuery,
  at: { readonly platform: Platform; readonly session: Session },
): Promise<VerifiedTargets> {
  const { platform } = at;
  const references = selector.tenants ?? [];
  const retry = (slug: string) => `${command} ${slug}`;
  return await withSuggestion({ references, retry }, platform, async () => {
    const verified = verify && (await verifyVersions(selector, at));
    const found = await platform.call('list-targets', { selector });
    return { ...found, ...(verified && { verified }) };
  });
}
