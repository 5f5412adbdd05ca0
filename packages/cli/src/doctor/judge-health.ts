import type { HealthView } from '@tenantry/tenancy';
import { countOf } from '../output/count-of.ts';

/** One thing that was looked at, how it stands, and what to type when it does not stand well. */
export interface HealthCheck {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'failed';
  readonly what: string;
  readonly next: readonly string[];
}

/** What else the judgement takes into account. */
export interface HealthCircumstances {
  /** Of the command line. */
  readonly version: string;
  /** When the function was asked and when it had answered, in milliseconds. */
  readonly askedAt: number;
  readonly answeredAt: number;
}

/** AWS refuses requests that are signed five minutes off; here it is said before. */
const mostClockDrift = 60_000;

/** The audit runs nightly, and one may be late. */
const oldestAudit = 26 * 60 * 60_000;

/** What the deployment's own account of itself means, check by check. */
export function judgeHealth(health: HealthView, at: HealthCircumstances): HealthCheck[] {
  return [
    judgeClock(health, at),
    judgeVersions(health, at),
    judgeSchemas(health),
    judgeMigrations(health),
    judgeTenants(health),
    judgeStuck(health),
    judgeRuns(health),
    judgeAudit(health, at),
  ];
}

function judgeClock({ time }: HealthView, { askedAt, answeredAt }: HealthCircumstances) {
  const clock = Date.parse(time);
  const drift = Math.max(askedAt - clock, clock - answeredAt, 0);
  return drift <= mostClockDrift
    ? ok('clock', 'this machine and the functions agree')
    : warning('clock', `this machine is ${Math.round(drift / 1000)} s off`, [
        'set the clock of this machine',
      ]);
}

function judgeVersions({ version: deployed }: HealthView, { version }: HealthCircumstances) {
  return deployed === version
    ? ok('versions', `command line and functions are ${version}`)
    : warning('versions', `the command line is ${version}, the functions are ${deployed}`, [
        'npx cdk deploy',
      ]);
}

function judgeSchemas({ staleSchemas }: HealthView) {
  return staleSchemas.length === 0
    ? ok('schemas', 'shared and site have all migrations')
    : warning('schemas', `${staleSchemas.join(' and ')} have pending migrations`, [
        'tenantry migrate up --scope static',
      ]);
}

function judgeMigrations({ behind, tenants }: HealthView) {
  const active = countOf(tenants['active'] ?? 0, 'active tenant');
  return behind === 0
    ? ok('migrations', `${active}, none is behind`)
    : warning('migrations', `${behind} of ${active} are behind`, ['tenantry migrate up --behind']);
}

function judgeTenants({ failed }: HealthView) {
  if (failed.length === 0) return ok('tenants', 'none has failed');
  const what = failed.map(({ slug, step, message }) => `${slug} failed in ${step}: ${message}`);
  return broken(
    'tenants',
    what.join('\n'),
    failed.map(({ slug }) => `tenantry tenant create ${slug}`),
  );
}

function judgeStuck({ stuckTenants }: HealthView) {
  if (stuckTenants.length === 0) return ok('workflows', 'none was left halfway');
  return broken(
    'workflows',
    stuckTenants
      .map(
        ({ slug, status, since }) => `${slug} is ${status} since ${since}, and nothing works on it`,
      )
      .join('\n'),
    stuckTenants.map(goOn),
  );
}

/** The command that goes on with a tenant whose workflow ended without finishing it. */
function goOn({ slug, status }: HealthView['stuckTenants'][number]): string {
  if (status === 'suspended') return `tenantry tenant suspend ${slug}`;
  return status === 'deleting'
    ? `tenantry tenant delete ${slug} --confirm ${slug}`
    : `tenantry tenant create ${slug}`;
}

function judgeRuns({ stuckRuns }: HealthView) {
  if (stuckRuns.length === 0) return ok('leases', 'no worker has gone silent');
  return warning(
    'leases',
    stuckRuns
      .map(
        ({ run, tenants }) =>
          `run ${run} waits for ${countOf(tenants, 'tenant')} of silent workers`,
      )
      .join('\n'),
    stuckRuns.map(({ run }) => `tenantry runs watch ${run}`),
  );
}

function judgeAudit({ audit }: HealthView, { answeredAt }: HealthCircumstances) {
  const next = ['tenantry doctor --now'];
  if (audit === null) return warning('walls', 'no audit has looked at them yet', next);
  const { findings, more, endedAt, databases, tenants } = audit;
  const looked = `${countOf(tenants, 'tenant')} in ${countOf(databases, 'database')} at ${endedAt}`;
  const critical = findings.filter(({ severity }) => severity === 'critical').length;
  const count = findings.length + more;
  if (count > 0) {
    const what = `${countOf(count, 'finding')}, ${critical} critical, ${looked}`;
    const repairs = findings.some(({ repair }) => repair?.isAutomatic === true)
      ? ['tenantry doctor --repair']
      : [];
    return critical > 0 ? broken('walls', what, repairs) : warning('walls', what, repairs);
  }
  if (answeredAt - Date.parse(endedAt) > oldestAudit) {
    return warning('walls', `the last audit is old: ${endedAt}`, next);
  }
  return ok('walls', `no finding, ${looked}`);
}

function ok(name: string, what: string): HealthCheck {
  return { name, status: 'ok', what, next: [] };
}

function warning(name: string, what: string, next: readonly string[]): HealthCheck {
  return { name, status: 'warning', what, next };
}

function broken(name: string, what: string, next: readonly string[]): HealthCheck {
  return { name, status: 'failed', what, next };
}
