import type { LocalApi } from '../assembly/local-stack.ts';

/** An API that answers at the name a client used. */
export interface HostMatch {
  readonly api: LocalApi;
  /** The name in lower case, without port and trailing dot: what `requestContext.domainName` says. */
  readonly domainName: string;
  /** What the client sent, without the gateway's own port: what the function sees as `host`. */
  readonly hostHeader: string;
  /** Whether the name is that of a default endpoint that is switched off. */
  readonly isDisabled: boolean;
}

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * The API that `hostHeader` leads to, or undefined when the name is no declared domain, exactly or as one label below a `*.` one. An exact
 * name wins.
 *
 * The port may be the gateway's own, which stands in for 443 here, or 443. The text is matched as it is and never parsed as a URL:
 * URL parsing folds full-width letters, `%2e` and tabs into plausible names.
 */
export function matchHost(
  hostHeader: string,
  port: number,
  apis: readonly LocalApi[],
): HostMatch | undefined {
  // Lower-casing folds some non-ASCII letters into ASCII ones (the Kelvin sign becomes "k"), so this test comes first.
  if (!/^[\x21-\x7e]{1,255}$/.test(hostHeader)) return undefined;
  const name = withoutPort(hostHeader.toLowerCase(), [port, 443]);
  const domainName = name.replace(/\.$/, '');
  const findApi = (leads: (domain: string) => boolean) =>
    apis.find(({ domains }) => domains.some(leads));
  const api =
    findApi((domain) => domain === domainName) ?? findApi((domain) => covers(domain, domainName));
  const byDefault = apis.find(({ defaultHost }) => defaultHost === domainName);
  const match = api ?? byDefault;
  if (match === undefined) return undefined;
  return {
    api: match,
    domainName,
    hostHeader: withoutPort(hostHeader, [port]),
    isDisabled: api === undefined && match.isDefaultHostDisabled,
  };
}

function withoutPort(host: string, ports: readonly number[]): string {
  const suffix = ports.map((port) => `:${port}`).find((text) => host.endsWith(text));
  return suffix === undefined ? host : host.slice(0, -suffix.length);
}

function covers(domain: string, name: string): boolean {
  if (!domain.startsWith('*.')) return false;
  const parent = domain.slice(1);
  return name.length <= 253 && name.endsWith(parent) && label.test(name.slice(0, -parent.length));
}
