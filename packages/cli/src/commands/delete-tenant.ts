import type { TenantView } from '@tenantry/tenancy';
import { ask } from '../ask.ts';
import { CliError } from '../cli-error.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { toTenantJson } from '../output/format-tenant.ts';
import { showLifecycle } from '../output/show-lifecycle.ts';
import type { Session } from '../session.ts';
import type { Platform } from '../system/platform.ts';
import { getTenant } from './get-tenant.ts';
import { explainWorkflow } from './workflow-failure.ts';

/** What the flags of `tenant delete` say. */
export interface DeleteTenantOptions {
  readonly confirm?: string | undefined;
  /** Leave a customer's server as it is. */
  readonly leaveDatabase?: true | undefined;
}

interface Deletion extends Pick<DeleteTenantOptions, 'leaveDatabase'> {
  readonly platform: Platform;
  readonly session: Session;
}

/** Deletes a tenant and all of its data once its slug was typed or given with `--confirm`: `tenantry tenant delete`. */
export async function deleteTenant(
  reference: string,
  options: DeleteTenantOptions,
  session: Session,
): Promise<ExitCode> {
  return session.withPlatform(async (platform) => {
    const tenant = await getTenant(reference, platform, (slug) => `tenantry tenant delete ${slug}`);
    await confirmDeletion(tenant, options, session);
    const deleted = await runWorkflow(tenant, { ...options, platform, session });
    if (session.isMachine) session.printJson({ tenant: toTenantJson(deleted) });
    else session.print(`${tenant.slug} is deleted: data, roles, secret and domains are gone`);
    return exitCodes.ok;
  });
}

async function confirmDeletion(
  tenant: TenantView,
  { confirm }: DeleteTenantOptions,
  session: Session,
): Promise<void> {
  const command = `tenantry tenant delete ${tenant.slug} --confirm ${tenant.slug}`;
  if (confirm !== undefined) {
    if (confirm === tenant.slug) return;
    throw new CliError('USAGE', `--confirm "${confirm}" is not the tenant's slug.`, {
      exitCode: exitCodes.usage,
      where: `tenant ${tenant.slug}`,
      next: [command],
    });
  }
  if (session.isYes) {
    throw new CliError('CONFIRMATION_NEEDED', '--yes is not enough to delete a tenant.', {
      exitCode: exitCodes.inputNeeded,
      where: `tenant ${tenant.slug}`,
      missing: [`--confirm ${tenant.slug}`],
      next: [command],
    });
  }
  session.say(`${tenant.slug} · ${tenant.name} · ${tenant.domains.join(', ')}`);
  session.say(
    `goes: its tables and rows, its roles, its secret, its domains${describeOwn(tenant)}. There is no way back.`,
  );
  await askForSlug(tenant.slug, session, command);
}

function describeOwn({ stack }: TenantView): string {
  return stack === null ? '' : `, its own cluster and application (stack ${stack})`;
}

async function askForSlug(slug: string, session: Session, command: string): Promise<void> {
  await ask(
    [
      {
        kind: 'text',
        name: 'slug',
        flag: `--confirm ${slug}`,
        message: `Type the tenant's slug to delete it: ${slug}`,
        isRequired: true,
        validate: (typed) => (typed === slug ? undefined : `this is not "${slug}"`),
      },
    ],
    session.terminal,
    command,
  );
}

async function runWorkflow(
  { slug }: TenantView,
  { leaveDatabase, platform, session }: Deletion,
): Promise<TenantView> {
  const { actor, interrupted } = session.context;
  const { tenant, executionArn } = await platform.call('delete-tenant', {
    reference: slug,
    ...(leaveDatabase && { leaveDatabase }),
    actor,
  });
  const outcome = await platform.watch(executionArn, {
    signal: interrupted,
    next: `tenantry tenant show ${slug}`,
    ...(await showLifecycle('deleteTenantSteps', tenant.isolation, session)),
  });
  if (outcome.status !== 'SUCCEEDED') {
    const { server = null } = tenant.database ?? {};
    const way =
      server !== null ? "   (--leave-database if the customer's server is gone for good)" : '';
    const next = `tenantry tenant delete ${slug} --confirm ${slug}${way}`;
    throw await explainWorkflow(outcome, { slug, doing: 'delete', next }, platform);
  }
  return { ...tenant, status: 'deleted' };
}
