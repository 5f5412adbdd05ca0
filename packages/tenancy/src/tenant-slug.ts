import { TenantInputError } from './errors.ts';
import { printable } from './printable.ts';
import { reservedSlugs } from './reserved-slugs.ts';

/** What people type for a tenant and what its first host starts with: `acme`. */
export type TenantSlug = string & { readonly __brand: 'TenantSlug' };

const pattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const minLength = 3;
const maxLength = 40;

/** The slug in `value`; throws `TenantInputError` that names the rule and proposes a slug that fits. */
export function parseTenantSlug(value: unknown): TenantSlug {
  if (typeof value !== 'string') throw new TenantInputError('slug', 'must be text');
  if (value.length < minLength || value.length > maxLength || !pattern.test(value)) {
    const proposal = proposeSlug(value);
    throw new TenantInputError(
      'slug',
      `"${printable(value)}" does not fit: use ${minLength}-${maxLength} of a-z, 0-9 and single -, starting with a letter`,
      proposal === undefined ? undefined : `tenantry tenant create ${proposal}`,
    );
  }
  if (isReservedSlug(value)) {
    throw new TenantInputError(
      'slug',
      `"${value}" is reserved`,
      `tenantry tenant create ${value}-app`,
    );
  }
  return value as TenantSlug;
}

/** Whether a slug is kept for the platform or is a name that browsers, mail and certificates give a meaning to. */
export function isReservedSlug(slug: string): boolean {
  return reservedSlugs.has(slug) || slug.startsWith('xn-');
}

/** A slug made from free text (`Acme Inc` gives `acme-inc`), or undefined where nothing usable is left. */
export function proposeSlug(text: string): TenantSlug | undefined {
  const slug = text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, maxLength)
    .replace(/-+$/, '');
  const fits = slug.length >= minLength && pattern.test(slug) && !isReservedSlug(slug);
  return fits ? (slug as TenantSlug) : undefined;
}
