import type { TenantCaches } from '@tenantry/cache';
import type { TenantHandles } from '@tenantry/database';
import type { TablesRoute } from '@tenantry/tenancy';
import type { Log } from './log.ts';
import type { RequestMetrics } from './request-metrics.ts';
import type { TenantResolver } from './tenant-resolver.ts';

/** How a request's tenant is found and its database opened. */
export interface TenancyOptions<TenantTables, SharedTables> {
  readonly resolver: TenantResolver;
  /** Opens a tenant's tables; called once a tenant, secret and process, and not for one of isolation `cache`, which has none. */
  readonly open: (route: TablesRoute) => TenantHandles<TenantTables, SharedTables>;
  /**
   * Opens a tenant's cache; called once a tenant and process.
   * @default - `cache` throws when it is used
   */
  readonly cache?: TenantCaches;
  /**
   * The answer at the hosts of a suspended tenant.
   * @default - the same 404 as for a host that nobody has
   */
  readonly suspended?: { readonly status: 403 | 503; readonly detail: string };
  /**
   * Sends requests at a tenant's other hosts to its primary one with 308, which keeps method, path and query, by the scheme and port
   * that they came by.
   * @default false
   */
  readonly redirectToPrimary?: boolean;
  /**
   * Where log lines go; tenant, request and correlation id are added to each.
   * @default - the function's own log, written by Powertools
   */
  readonly log?: Log;
  /**
   * Gets the numbers about each answered request.
   * @default - nobody counts
   */
  readonly metrics?: RequestMetrics;
}

const checks: Readonly<Record<string, (value: unknown) => boolean>> = {
  resolver: (value) => hasMethod(value, 'findByHost') && hasMethod(value, 'forget'),
  open: (value) => typeof value === 'function',
  cache: (value) => value === undefined || typeof value === 'function',
  suspended: (value) => value === undefined || isSuspendedAnswer(value),
  redirectToPrimary: (value) => value === undefined || typeof value === 'boolean',
  log: (value) => value === undefined || hasMethod(value, 'info'),
  metrics: (value) => value === undefined || hasMethod(value, 'record'),
};

/** Throws `TypeError` for an option that is missing, of the wrong kind, or none: a misspelt one must not be ignored. */
export function assertTenancyOptions(options: object): void {
  const values = options as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(values)) {
    if (!Object.hasOwn(checks, name)) {
      const known = Object.keys(checks).join(', ');
      throw new TypeError(`tenant middleware: there is no option "${name}"; options are ${known}`);
    }
  }
  for (const [name, isRight] of Object.entries(checks)) {
    if (!isRight(values[name]))
      throw new TypeError(`tenant middleware: option "${name}" is missing or of the wrong kind`);
  }
}

function hasMethod(value: unknown, name: string): boolean {
  return typeof (value as Readonly<Record<string, unknown>> | undefined)?.[name] === 'function';
}

function isSuspendedAnswer(value: unknown): boolean {
  const { status, detail } = value as { readonly status?: unknown; readonly detail?: unknown };
  return (status === 403 || status === 503) && typeof detail === 'string' && detail !== '';
}
