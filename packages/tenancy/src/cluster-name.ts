import { TenantInputError } from './errors.ts';

const pattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** The cluster's name in `value`; throws `TenantInputError` when it is none. */
export function parseClusterName(value: unknown): string {
  if (typeof value === 'string' && value.length <= 20 && pattern.test(value)) return value;
  throw new TenantInputError(
    'cluster',
    "a cluster's name is 1 to 20 characters of a-z, 0-9 and single dashes, and begins with a letter",
  );
}
