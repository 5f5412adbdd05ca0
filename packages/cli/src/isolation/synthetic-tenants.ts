import { randomBytes } from 'node:crypto';
import type { TenantView } from '@tenantry/tenancy';
import { CliError } from '../cli-error.ts';
import { explainWorkflow } from '../commands/workflow-failure.ts';
import type { Platform } from '../system/platform.ts';
import type { CheckedPlace } from './checked-places.ts';

/** Who makes synthetic tenants, and where. */
export interface SyntheticOptions {
  readonly platform: Platform;
  readonly actor: string;
  readonly signal: AbortSignal;
}

const slugStart = 'isolation-check-';
const next = 'tenantry isolation check';

/** A pair of synthetic tenants that is being made. */
export interface SyntheticPair {
  readonly slugs: readonly [string, string];
  /** Their creations, as far as they were started. */
  readonly executionArns: readonly string[];
  /** Answers both once they are active; throws `CliError` when one could not be made. */
  readonly made: () => Promise<readonly [TenantView, TenantView]>;
}

/** Names for a pair at a place, which `made` makes. Operators know them by slug and by their field `synthetic`. */
export function openSyntheticPair(place: CheckedPlace, options: SyntheticOptions): SyntheticPair {
  const { isolation } = place;
  const mark = randomBytes(3).toString('hex');
  const first = `${slugStart}${isolation}-a-${mark}`;
  const second = `${slugStart}${isolation}-b-${mark}`;
  const executionArns: string[] = [];
  return {
    slugs: [first, second],
    executionArns,
    made: async () => {
      const [a, b] = await Promise.allSettled(
        [first, second].map(async (slug) => {
          const executionArn = await start(slug, place, options);
          executionArns.push(executionArn);
          return await finish(slug, executionArn, options);
        }),
      );
      if (a === undefined || b === undefined) throw new TypeError('a pair is two tenants');
      if (a.status === 'rejected') throw a.reason;
      if (b.status === 'rejected') throw b.reason;
      return [a.value, b.value];
    },
  };
}

/** The synthetic tenants that an earlier check left behind. */
export async function listSynthetic(platform: Platform): Promise<string[]> {
  const { tenants } = await platform.call('list-tenants', {});
  return tenants
    .filter(({ slug, fields }) => slug.startsWith(slugStart) && fields['synthetic'] === true)
    .map(({ slug }) => slug);
}

async function start(
  slug: string,
  { isolation, cluster, pool }: CheckedPlace,
  { platform, actor }: SyntheticOptions,
): Promise<string> {
  const { executionArn } = await platform.call('create-tenant', {
    slug,
    name: 'Isolation check',
    isolation,
    ...(cluster !== undefined && { cluster }),
    ...(typeof pool === 'string' && { pool }),
    fields: { synthetic: true, sample: true },
    actor,
  });
  return executionArn;
}

async function finish(
  slug: string,
  executionArn: string,
  { platform, signal }: SyntheticOptions,
): Promise<TenantView> {
  const outcome = await platform.watch(executionArn, { signal, next });
  if (outcome.status !== 'SUCCEEDED')
    throw await explainWorkflow(outcome, { slug, doing: 'create', next }, platform);
  return (await platform.call('show-tenant', { reference: slug })).tenant;
}

/** Ends a pair, also one whose creation is still under way. */
export async function deletePair(pair: SyntheticPair, options: SyntheticOptions): Promise<void> {
  const { platform, signal } = options;
  for (const executionArn of pair.executionArns)
    await platform.watch(executionArn, { signal, next });
  await deleteSynthetic(pair.slugs, options);
}

/** Deletes synthetic tenants. One that is not there is no error. */
export async function deleteSynthetic(
  slugs: readonly string[],
  options: SyntheticOptions,
): Promise<void> {
  await Promise.all(slugs.map((slug) => remove(slug, options)));
}

async function remove(slug: string, options: SyntheticOptions): Promise<void> {
  const { platform, actor, signal } = options;
  try {
    const answer = await platform.call('delete-tenant', { reference: slug, actor });
    const outcome = await platform.watch(answer.executionArn, { signal, next });
    if (outcome.status !== 'SUCCEEDED')
      throw await explainWorkflow(outcome, { slug, doing: 'delete', next }, platform);
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'TENANT_NOT_FOUND') throw error;
  }
}
