import type { TargetSelector, TenantView } from '@tenantry/tenancy';
import type { Session } from '../session.ts';
import type { Platform } from '../system/platform.ts';
import { withSuggestion } from './get-tenant.ts';
import { explainWorkflow } from './workflow-failure.ts';

/** Provisions every tenant that a selection leaves out because it is only recorded, one after the other. Throws at the first failure. */
export async function createMissing(
  selector: TargetSelector,
  platform: Platform,
  session: Session,
): Promise<void> {
  const provisioned = new Set<string>();
  for (;;) {
    const missing = (await listMissing(selector, platform)).filter((it) => !provisioned.has(it));
    if (missing.length === 0) return;
    for (const slug of missing) {
      const { tenant } = await platform.call('show-tenant', { reference: slug });
      await provision(tenant, platform, session);
      provisioned.add(slug);
      session.say(`  ${session.paint('green', '✓')} ${tenant.slug}  provisioned`);
    }
  }
}

/** The first of them: an answer names only some of those that are left out. */
async function listMissing(selector: TargetSelector, platform: Platform): Promise<string[]> {
  const named = {
    references: selector.tenants ?? [],
    retry: (slug: string) => `tenantry migrate up ${slug} --create-missing`,
  };
  const { leftOut } = await withSuggestion(named, platform, () =>
    platform.call('list-targets', { selector }),
  );
  return leftOut.filter(({ reason }) => reason.endsWith('not provisioned')).map(({ name }) => name);
}

async function provision(
  { slug, name, isolation, pool, domains, fields }: TenantView,
  platform: Platform,
  session: Session,
): Promise<void> {
  const { actor, interrupted: signal } = session.context;
  const [domain] = domains;
  const more = { ...(domain === undefined ? {} : { domain }), ...(pool === null ? {} : { pool }) };
  const input = { slug, name, isolation, fields, actor, ...more };
  const { executionArn } = await platform.call('create-tenant', input);
  const next = `tenantry tenant show ${slug}`;
  const outcome = await platform.watch(executionArn, { signal, next });
  if (outcome.status !== 'SUCCEEDED')
    throw await explainWorkflow(outcome, { slug, doing: 'create', next }, platform);
}
