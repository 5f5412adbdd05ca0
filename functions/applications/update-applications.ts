import type { DedicatedTenant, TenantId } from '@tenantry/tenancy';
import type { ApplicationStack, ApplicationStacks } from './application-stacks.ts';

/** What an update of all dedicated tenants' applications works with. */
export interface UpdateApplicationsOptions {
  readonly tenants: readonly DedicatedTenant[];
  readonly stacks: Pick<ApplicationStacks, 'find' | 'update' | 'explainFailure'>;
  /** When the deployment began: what was updated since is this deployment's. */
  readonly since: Date;
}

/** An application that this deployment could not bring to its build, and why. */
export interface FailedUpdate {
  readonly slug: string;
  readonly reason: string;
}

/** How far an update is. */
export interface UpdateState {
  /** Slugs of those whose update is under way or still to begin. */
  readonly open: readonly string[];
  readonly failed: readonly FailedUpdate[];
}

/** Stacks that CloudFormation works on at once; it has limits for its own calls and those that it makes. */
const updatesAtOnce = 10;
const looksAtOnce = 5;

/**
 * Brings the stacks of dedicated tenants to this build's template, a few at a time, and answers how far that is; called again and again
 * until none is open. One that fails holds up no other. A stack that is just being made or removed, and a tenant without one, has nothing to
 * be updated.
 */
export async function updateApplications(options: UpdateApplicationsOptions): Promise<UpdateState> {
  const { stacks, since } = options;
  const looks: Look[] = await mapSome(options.tenants, async (tenant) => {
    const stack = await stacks.find(tenant.id);
    return { ...tenant, stack, state: judge(stack, since) };
  });
  const failed: FailedUpdate[] = [];
  for (const { slug, stack, state } of looks) {
    if (state === 'failed' && stack !== undefined)
      failed.push({ slug, reason: `${stack.status}: ${await stacks.explainFailure(stack)}` });
  }
  const open = looks.filter(({ state }) => state === 'working').map(({ slug }) => slug);
  for (const { id, slug, state } of looks) {
    if (state !== 'behind') continue;
    const answer = open.length < updatesAtOnce ? await begin(id, stacks) : 'begun';
    if (answer === 'begun') open.push(slug);
    else if (answer !== 'current') failed.push({ slug, reason: answer.refusal });
  }
  return { open, failed };
}

interface Look extends DedicatedTenant {
  readonly stack: ApplicationStack | undefined;
  readonly state: ReturnType<typeof judge>;
}

function judge(
  stack: ApplicationStack | undefined,
  since: Date,
): 'done' | 'working' | 'behind' | 'failed' {
  if (stack === undefined) return 'done';
  const { phase, status, updatedAt } = stack;
  if (phase === 'creating' || phase === 'updating') return 'working';
  if (phase !== 'ready') return 'done';
  if (updatedAt === undefined || updatedAt < since) return 'behind';
  return status === 'UPDATE_COMPLETE' ? 'done' : 'failed';
}

async function begin(
  id: TenantId,
  stacks: UpdateApplicationsOptions['stacks'],
): Promise<'begun' | 'current' | { readonly refusal: string }> {
  try {
    return await stacks.update(id);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ValidationError') throw error;
    // Somebody else was faster: the next look tells what became of it.
    if (/_IN_PROGRESS|does not exist/.test(error.message)) return 'begun';
    return { refusal: error.message };
  }
}

async function mapSome<Item, Result>(
  items: readonly Item[],
  fn: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += looksAtOnce) {
    results.push(...(await Promise.all(items.slice(start, start + looksAtOnce).map(fn))));
  }
  return results;
}
