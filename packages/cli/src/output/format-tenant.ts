import type {
  TenantDatabaseView,
  TenantFailure,
  TenantSuspension,
  TenantView,
} from '@tenantry/tenancy';
import type { Paint } from './paint.ts';

/** A tenant in `--json` answers. */
export type TenantJson = Pick<
  TenantView,
  | 'id'
  | 'slug'
  | 'name'
  | 'status'
  | 'isolation'
  | 'pool'
  | 'cluster'
  | 'stack'
  | 'domains'
  | 'version'
> & {
  /** Since when, why, who said so, and whether the tenant is shut out wholly; null for one that is not suspended. */
  readonly suspension: (TenantSuspension & { readonly since: string }) | null;
};

/** The fields of a tenant that `--json` answers hold. */
export function toTenantJson(tenant: TenantView): TenantJson {
  const { id, slug, name, status, isolation, pool, cluster, stack, domains, version } = tenant;
  const { statusSince: since, suspension: why } = tenant;
  const suspension = why === null ? null : { since, ...why };
  return { id, slug, name, status, isolation, pool, cluster, stack, domains, version, suspension };
}

/** What the cells of a tenant's line are. */
export const tenantHead = ['slug', 'name', 'status', 'isolation', 'version', 'domain'];

/** A tenant's line for people. */
export function toTenantRow(tenant: TenantView): string[] {
  return [
    tenant.slug,
    tenant.name,
    describeStatus(tenant),
    tenant.isolation,
    tenant.version ?? '–',
    formatDomains(tenant.domains),
  ];
}

/** A tenant's line for spreadsheets. */
export function toTenantCells(tenant: TenantView): string[] {
  const { slug, name, status, isolation, version, domains } = tenant;
  return [slug, name, status, isolation, version ?? '', domains[0] ?? ''];
}

/** All that is known of one tenant, a line a fact. */
export function formatTenant(tenant: TenantView, paint: Paint): string {
  const fields = Object.entries(tenant.fields).map(([key, value]) => [key, String(value)]);
  const facts = [
    ['state', `${statusSign(tenant.status)} ${tenant.status} since ${tenant.statusSince}`],
    ...(tenant.suspension === null ? [] : describeSuspension(tenant.slug, tenant.suspension)),
    ...(tenant.failure === null ? [] : [['failure', describeTenantFailure(tenant.failure)]]),
    ['id', tenant.id],
    ['isolation', tenant.isolation],
    ...(tenant.pool === null ? [] : [['pool', `${tenant.pool}, schema p_${tenant.pool}`]]),
    ...(tenant.database === null ? [] : [['database', describeDatabase(tenant.database)]]),
    ['cluster', tenant.cluster],
    ...(tenant.stack === null ? [] : [['stack', tenant.stack]]),
    ['domains', tenant.domains.join(', ') || '–'],
    ['version', describeVersion(tenant)],
    ['created', tenant.createdAt],
    ...fields,
  ];
  const width = Math.max(...facts.map(([key = '']) => key.length));
  return [
    `${paint('bold', tenant.slug)} · ${tenant.name}`,
    ...facts.map(([key = '', value = '']) => `  ${key.padEnd(width)}  ${value}`),
  ].join('\n');
}

/** A status; of a suspended tenant with the day and the beginning of the reason. */
function describeStatus({ status, statusSince, suspension }: TenantView): string {
  const words = `${statusSign(status)} ${status}`;
  if (suspension === null) return words;
  const { reason } = suspension;
  const begin = reason.length > 24 ? `${reason.slice(0, 23).trimEnd()}…` : reason;
  return `${words} ${statusSince.slice(0, 10)}: ${begin}`;
}

/** Why a tenant is suspended, and what to type when a workflow has stopped on the way there or back. */
function describeSuspension(
  slug: string,
  { reason, actor, phase }: TenantSuspension,
): (readonly string[])[] {
  const why = ['reason', `${reason} (${actor})`];
  if (phase === 'closed') return [why];
  const going = phase === 'closing' ? 'is being shut out' : 'is being let in again';
  const again = phase === 'closing' ? 'suspend' : 'resume';
  return [
    why,
    ['workflow', `it ${going}; if nothing works on it: tenantry tenant ${again} ${slug}`],
  ];
}

/** Where a database is that only one tenant has, and which secret holds the login that its customer gave. */
function describeDatabase({ name, server }: TenantDatabaseView): string {
  if (server === null) return name;
  const { host, port, tls, user, secretArn } = server;
  const where = host.includes(':') ? `[${host}]` : host;
  return `${name} at ${where}:${port}, TLS ${tls}, made as ${user} (password in ${secretArn})`;
}

/** Up to where a tenant is migrated. */
function describeVersion({ isolation, version }: TenantView): string {
  return isolation === 'cache' ? 'nothing to migrate' : (version ?? 'no migration applied');
}

/** A failure in one line: step, error, SQLSTATE where there is one, and the sentence. */
export function describeTenantFailure({ step, error, sqlstate, message }: TenantFailure): string {
  return `${step === '' ? '' : `step ${step}: `}${error}${sqlstate === null ? '' : ` (SQLSTATE ${sqlstate})`}: ${message}`;
}

/** A sign for a status, always shown beside its word. */
function statusSign(status: string): string {
  if (status === 'active') return '●';
  if (status === 'failed') return '✕';
  return status === 'provisioning' || status === 'deleting' ? '◐' : '○';
}

function formatDomains(domains: readonly string[]): string {
  const [first = '–', ...others] = domains;
  return others.length === 0 ? first : `${first} +${others.length}`;
}
