import type { RunChange, RunPlanView } from '@tenantry/tenancy';
import { formatLeftOut } from '../commands/list-targets.ts';
import { countOf } from './count-of.ts';

const shownGroups = 10;

/** What a run would do: how many tenants, in which waves, how fast, what each group of them gets, how long and how much it takes. */
export function formatRunPlan(plan: RunPlanView, { kind }: RunChange): string {
  const { total, current, canary, waves, concurrency, maxFailures, leftOut } = plan;
  const names = canary.map(({ slug, reason }) => `${slug} (${reason})`).join(', ');
  const stop = maxFailures === null ? 'never stops' : `bears ${countOf(maxFailures, 'failure')}`;
  return [
    `  ${countOf(total, 'tenant')} to change, ${current} as they would be`,
    ...(names === '' ? [] : [`  canary   ${names}`]),
    ...(waves.length === 0 ? [] : [`  ${formatWaves(waves)}`]),
    `  pace     at once ${concurrency} on each cluster, ${stop}`,
    ...formatGroups(plan.groups, kind === 'up' ? 'get' : 'give back'),
    `  in all   about ${formatSeconds(plan.estimate.seconds)}, about $${plan.estimate.dollars.toFixed(2)}`,
    ...(leftOut.length === 0 ? [] : [indent(formatLeftOut(leftOut))]),
  ].join('\n');
}

function formatWaves(waves: readonly number[]): string {
  return waves
    .map((count, index) => `${`wave ${index + 1}`.padEnd(9)}${countOf(count, 'tenant')}`)
    .join('   ');
}

function formatGroups(groups: RunPlanView['groups'], verb: string): string[] {
  const lines = groups.slice(0, shownGroups).map(({ from, tenants, pool, migrations }) => {
    const list = migrations.length > 3 ? `${migrations.length} migrations` : migrations.join(', ');
    const who = pool === null ? '' : ` of pool ${pool}, all at once,`;
    return `  from ${from ?? 'nothing'}: ${countOf(tenants, 'tenant')}${who} ${verb} ${list}`;
  });
  const more = groups.length - shownGroups;
  return more > 0 ? [...lines, `  and ${more} more versions`] : lines;
}

function formatSeconds(seconds: number): string {
  if (seconds < 120) return `${Math.ceil(seconds)} s`;
  return seconds < 7200 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function indent(text: string): string {
  return `  ${text.replaceAll('\n', '\n  ')}`;
}
