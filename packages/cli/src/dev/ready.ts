import { escapeArgument } from '../output/escape-argument.ts';

/** The system as somebody who just started it wants to know it. */
export interface Ready {
  /** The operator's own site. */
  readonly url: string;
  /** The oldest active tenants, at most ten. */
  readonly tenants: readonly { readonly slug: string; readonly url: string }[];
  /** How many active tenants there are. */
  readonly tenantCount: number;
  /** A command that shows it at work. */
  readonly try: string;
  readonly dataDir: string;
  readonly seconds: number;
}

/** What `describeReady` makes its words from. */
export interface ReadyOptions {
  readonly url: string;
  readonly tenants: readonly {
    readonly slug: string;
    readonly status: string;
    readonly domains: readonly string[];
    readonly createdAt: string;
  }[];
  readonly dataDir: string;
  readonly seconds: number;
}

const listedTenants = 10;
const shownTenants = 3;

/** Addresses of the site and of the oldest active tenants, and a command to try. */
export function describeReady({ url, tenants, dataDir, seconds }: ReadyOptions): Ready {
  const { port } = new URL(url);
  const active = tenants
    .filter((tenant) => tenant.status === 'active' && tenant.domains.length > 0)
    .toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1))
    .map(({ slug, domains }) => ({ slug, url: `http://${domains[0]}:${port}` }));
  const [first] = active;
  return {
    url: `http://localhost:${port}`,
    tenants: active.slice(0, listedTenants),
    tenantCount: active.length,
    try:
      first === undefined
        ? `npx tenantry tenant create acme --name ACME --yes`
        : `curl ${escapeArgument(`${first.url}/polls`)}`,
    dataDir,
    seconds: Math.round(seconds * 10) / 10,
  };
}

/** The same as the one line that ends a start. */
export function formatReady(ready: Ready): string {
  const urls = [ready.url, ...ready.tenants.slice(0, shownTenants).map((tenant) => tenant.url)];
  const more = ready.tenantCount - shownTenants;
  return [
    `ready in ${ready.seconds.toFixed(1)} s`,
    `${urls.join('  ')}${more > 0 ? `  +${more}` : ''}`,
    `try: ${ready.try}`,
  ].join('   ');
}
