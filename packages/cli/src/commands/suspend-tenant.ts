import type { ControlActions, TenantView } from '@tenantry/tenancy';
import { ask } from '../ask.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { toTenantJson } from '../output/format-tenant.ts';
import { showLifecycle } from '../output/show-lifecycle.ts';
import type { Session } from '../session.ts';
import type { Platform } from '../system/platform.ts';
import { getTenant } from './get-tenant.ts';
import { explainWorkflow } from './workflow-failure.ts';

/** What the flags of `tenant suspend` say. */
export interface SuspendTenantOptions {
  readonly reason?: string | undefined;
}

type SuspensionAction = 'suspend-tenant' | 'resume-tenant';

/** A change that is asked for, and the words about it. */
interface Change<Action extends SuspensionAction> {
  readonly action: Action;
  readonly doing: 'suspend' | 'resume';
  readonly input: Omit<ControlActions[Action]['input'], 'actor'>;
  /** The command that does the same. */
  readonly next: string;
  readonly steps: 'suspendTenantSteps' | 'resumeTenantSteps';
  /** Said when the tenant is as wanted before anything was done, and after it was. */
  readonly already: (tenant: TenantView) => string;
  readonly done: (tenant: TenantView) => string;
}

/** Shuts a tenant out of its data at once and keeps that: `tenantry tenant suspend`. */
export async function suspendTenant(
  reference: string,
  { reason }: SuspendTenantOptions,
  session: Session,
): Promise<ExitCode> {
  return session.withPlatform(async (platform) => {
    const tenant = await getTenant(reference, platform, suspendCommand);
    const { slug, status } = tenant;
    const said = reason ?? (status === 'active' ? await askForReason(slug, session) : undefined);
    const change: Change<'suspend-tenant'> = {
      action: 'suspend-tenant',
      doing: 'suspend',
      input: { reference: slug, ...(said !== undefined && { reason: said }) },
      // Once it is begun, it goes on without the reason, which is kept.
      next: `tenantry tenant suspend ${slug}`,
      steps: 'suspendTenantSteps',
      already: ({ statusSince, suspension }) =>
        `${slug} is suspended already, since ${statusSince}: ${suspension?.reason ?? ''}`,
      done: () =>
        `${slug} is suspended: its hosts lead nowhere, its login is closed, its data is kept`,
    };
    return await carryOut(change, platform, session);
  });
}

/** Lets a suspended tenant in again: `tenantry tenant resume`. */
export async function resumeTenant(reference: string, session: Session): Promise<ExitCode> {
  return session.withPlatform(async (platform) => {
    const { slug } = await getTenant(reference, platform, resumeCommand);
    const change: Change<'resume-tenant'> = {
      action: 'resume-tenant',
      doing: 'resume',
      input: { reference: slug },
      next: resumeCommand(slug),
      steps: 'resumeTenantSteps',
      already: ({ statusSince }) => `${slug} is active already, since ${statusSince}`,
      done: ({ domains }) => `${slug} is active again at ${domains.join(', ')}`,
    };
    return await carryOut(change, platform, session);
  });
}

const suspendCommand = (slug: string) => `tenantry tenant suspend ${slug} --reason TEXT`;
const resumeCommand = (slug: string) => `tenantry tenant resume ${slug}`;

async function askForReason(slug: string, session: Session): Promise<string> {
  const { reason } = await ask(
    [
      {
        kind: 'text',
        name: 'reason',
        flag: '--reason TEXT',
        message: `Why is ${slug} suspended? (operators see it, its users do not)`,
        isRequired: true,
      },
    ],
    session.terminal,
    suspendCommand(slug),
  );
  return String(reason);
}

async function carryOut<Action extends SuspensionAction>(
  change: Change<Action>,
  platform: Platform,
  session: Session,
): Promise<ExitCode> {
  const { actor } = session.context;
  const input = { ...change.input, actor } as ControlActions[Action]['input'];
  const { tenant, executionArn } = await platform.call(change.action, input);
  if (executionArn !== null) await watch(tenant, executionArn, { change, platform, session });
  const now =
    executionArn === null ? tenant : await getTenant(tenant.slug, platform, () => change.next);
  if (session.isMachine) {
    session.printJson({ tenant: toTenantJson(now), changed: executionArn !== null });
  } else session.print(executionArn === null ? change.already(now) : change.done(now));
  return exitCodes.ok;
}

async function watch(
  { slug, isolation }: TenantView,
  executionArn: string,
  at: {
    readonly change: Pick<Change<SuspensionAction>, 'doing' | 'next' | 'steps'>;
    readonly platform: Platform;
    readonly session: Session;
  },
): Promise<void> {
  const { change, platform, session } = at;
  const outcome = await platform.watch(executionArn, {
    signal: session.context.interrupted,
    next: `tenantry tenant show ${slug}`,
    ...(await showLifecycle(change.steps, isolation, session)),
  });
  if (outcome.status === 'SUCCEEDED') return;
  const { doing, next } = change;
  throw await explainWorkflow(outcome, { slug, doing, next }, platform);
}
