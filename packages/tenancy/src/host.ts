import { TenantInputError } from './errors.ts';

/** A host name as the catalog stores it: lower-case ASCII labels, at least two, no port, no trailing dot. */
export type Host = string & { readonly __brand: 'Host' };

const pattern = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;

/**
 * The host that the gateway authenticated, or undefined when the request must not reach any tenant.
 *
 * `domainName` is the gateway's own word (`requestContext.domainName`); `hostHeader` is what the client sent and must say the same
 * after lower-casing and removing one trailing dot and `:443`. Nothing else about a request chooses a tenant.
 */
export function matchHost(
  domainName: string | undefined,
  hostHeader: string | undefined,
): Host | undefined {
  const authenticated = findHost(domainName);
  return authenticated !== undefined && authenticated === findHost(hostHeader)
    ? authenticated
    : undefined;
}

/** The canonical form of a host name, or undefined for anything that is not exactly one. */
export function findHost(value: string | undefined): Host | undefined {
  if (value === undefined || !isAscii(value)) return undefined;
  const host = value.toLowerCase().replace(/:443$/, '').replace(/\.$/, '');
  return pattern.test(host) ? (host as Host) : undefined;
}

/** The host in `value`, for a tenant's domain; throws `TenantInputError`. */
export function parseHost(value: unknown): Host {
  const host = typeof value === 'string' ? findHost(value) : undefined;
  if (host === undefined || host !== value) {
    throw new TenantInputError(
      'domain',
      'must be a host name in lower-case ASCII such as acme.example.com, without scheme, port, path or trailing dot',
    );
  }
  return host;
}

// Lower-casing folds some non-ASCII letters into ASCII ones (the Kelvin sign becomes "k"), so it comes after this test.
function isAscii(value: string): boolean {
  return /^[\x21-\x7e]*$/.test(value);
}
