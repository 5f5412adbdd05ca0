import type { TenantView } from '@tenantry/tenancy';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Platform } from '../system/platform.ts';
import { findSimilar } from './find-similar.ts';

/** The tenants a person named, and the command to type with a better name. */
export interface NamedTenants {
  readonly references: readonly string[];
  readonly retry: (slug: string) => string;
}

/** The tenant with this slug or id; for an unknown one as `withSuggestion` has it. */
export async function getTenant(
  reference: string,
  platform: Platform,
  retry: NamedTenants['retry'],
): Promise<TenantView> {
  const named = { references: [reference], retry };
  const { tenant } = await withSuggestion(named, platform, () =>
    platform.call('show-tenant', { reference }),
  );
  return tenant;
}

/**
 * What `fn` gives. Where it finds that a tenant does not exist, the `CliError` TENANT_NOT_FOUND names the most similar slug there is,
 * or tells to create the tenant first.
 */
export async function withSuggestion<Result>(
  named: NamedTenants,
  platform: Platform,
  fn: () => Promise<Result>,
): Promise<Result> {
  try {
    return await fn();
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'TENANT_NOT_FOUND') throw error;
    const unknown = named.references.find((reference) => error.message.includes(`"${reference}"`));
    throw await notFound(unknown ?? named.references.join(', '), named.retry, platform);
  }
}

async function notFound(
  reference: string,
  retry: NamedTenants['retry'],
  platform: Platform,
): Promise<CliError> {
  const { tenants } = await platform.call('list-tenants', {});
  const slugs = tenants.map((tenant) => tenant.slug);
  const similar = findSimilar(reference, slugs);
  const advice = similar === undefined ? ' Create it first.' : ` Did you mean ${similar}?`;
  const message = `No tenant "${reference}" in stage ${platform.stage}.${advice}`;
  return new CliError('TENANT_NOT_FOUND', message, {
    exitCode: exitCodes.notFound,
    next: [
      ...(similar === undefined ? [] : [retry(similar)]),
      `tenantry tenant create ${reference} --name NAME --yes`,
      'tenantry tenant list',
    ],
  });
}
