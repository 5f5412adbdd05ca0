import type { TenantDatabaseView, TenantFailure, TenantView } from '@tenantry/tenancy';
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
>;

/** The fields of a tenant that `--json` answers hold. */
export function toTenantJson(tenant: TenantView): TenantJson {
  const { id, slug, name, status, isolation, pool, cluster, stack, domains, version } = tenant;
  return { id, slug, name, status, isolation, pool, cluster, stack, domains, version };
}

/** What the cells of a tenant's line are. */
export const tenantHead = ['slug', 'name', 'status', 'isolation', 'version', 'domain'];

/** A tenant's line for people. */
export function toTenantRow(tenant: TenantView): string[] {
  return [
    tenant.slug,
    tenant.name,
    `${statusSign(tenant.status)} ${tenant.status}`,
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
