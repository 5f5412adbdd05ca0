import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { describePool } from '../output/describe-pool.ts';
import { formatRunPlan } from '../output/format-run-plan.ts';
import { formatTenantPlan } from '../output/format-tenant-plan.ts';
import type { RunRequest } from '../runs/perform-run.ts';
import { isOneTenant } from '../selector-flags.ts';
import type { Session } from '../session.ts';
import type { Platform } from '../system/platform.ts';
import { getRunPlan } from './get-run-plan.ts';
import { getTenant } from './get-tenant.ts';

/** What the flags say about the plan's exit code. */
export interface PlanOptions {
  readonly exitCode?: true | undefined;
}

interface Place {
  readonly platform: Platform;
  readonly session: Session;
}

/** Shows what a run would do and runs nothing: the statements for one named tenant, the groups and waves for several. */
export async function showPlan(
  request: RunRequest,
  options: PlanOptions,
  place: Place,
): Promise<ExitCode> {
  const hasWork = isOneTenant(request.selector)
    ? await showTenantPlan(request, place)
    : await showRunPlan(request, place);
  return hasWork && options.exitCode === true ? exitCodes.difference : exitCodes.ok;
}

async function showTenantPlan(
  { selector, change }: RunRequest,
  { platform, session }: Place,
): Promise<boolean> {
  const [reference = ''] = selector.tenants ?? [];
  const tenant = await getTenant(reference, platform, (it) => `tenantry migrate up ${it} --plan`);
  const { slug, isolation } = tenant;
  if (isolation === 'cache') {
    if (session.isMachine) session.printJson({ plan: null });
    else session.print(`There is nothing to migrate: ${slug} has isolation cache, and no tables.`);
    return false;
  }
  const { plan } = await platform.call('plan-tenant', { reference: slug, change });
  if (session.isMachine) session.printJson({ plan });
  else if (plan.migrations.length === 0)
    session.print(
      `Nothing is pending: ${slug} is at ${plan.from ?? 'nothing'}${describePool(plan.pool)}.`,
    );
  else session.print(formatTenantPlan(plan));
  return plan.migrations.length > 0;
}

async function showRunPlan(request: RunRequest, place: Place): Promise<boolean> {
  const { platform, session } = place;
  const named = {
    references: request.selector.tenants ?? [],
    retry: (slug: string) => `tenantry migrate up ${slug} --plan`,
  };
  const { plan, verified } = await getRunPlan(request, named, place);
  const text = formatRunPlan(plan, request.change);
  if (session.isMachine) session.printJson({ plan, ...(verified && { verified }) });
  else session.print(`${platform.stage} · ${platform.region}\n\n${text}\n\nNothing was run.`);
  return plan.total > 0;
}
