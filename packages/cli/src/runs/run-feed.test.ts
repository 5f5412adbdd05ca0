import type { RunItemView, RunView } from '@tenantry/tenancy';
import { expect, test } from 'vitest';
import type { Platform } from '../system/platform.ts';
import { runItem, runView } from '../testing/run-view.ts';
import { RunFeed } from './run-feed.ts';
import type { RunReporter } from './run-reporter.ts';

/** A system that answers items as the control function does: those that ended at or after a time, by end, so many at most. */
function systemOf(states: RunView[], items: readonly RunItemView[]): Platform {
  const call = (action: string, input: { readonly endedSince: string; readonly limit: number }) => {
    if (action === 'show-run')
      return { run: states.length > 1 ? states.shift() : (states[0] ?? null) };
    const ended = items.filter(({ endedAt }) => endedAt !== null && endedAt >= input.endedSince);
    return { items: ended.slice(0, input.limit) };
  };
  return {
    call: async (action: string, input: never) => await Promise.resolve(call(action, input)),
  } as never;
}

function listener(wants: RunReporter['wants'] = 'all') {
  const heard: string[] = [];
  let started = 0;
  const reporter: RunReporter = {
    wants,
    started: ({ total }) => {
      started = total;
    },
    items: (items) => heard.push(...items.map(({ slug }) => slug)),
    counts: () => undefined,
    close: () => undefined,
  };
  return { reporter, heard, started: () => started };
}

const many = Array.from({ length: 1300 }, (_, number) =>
  runItem({
    slug: `tenant-${number}`,
    endedAt: new Date(Date.UTC(2026, 10, 21, 8, 11, 0, Math.floor(number / 10))).toISOString(),
  }),
);

test('more tenants than a page holds are each told once, however often one looks', async () => {
  const { reporter, heard } = listener();
  const feed = new RunFeed(systemOf([runView({ total: 1300 })], many), reporter);
  await feed.look({ run: 'run1' });
  await feed.look({ run: 'run1' });

  expect(heard).toEqual(many.map(({ slug }) => slug));
});

test('a tenant whose record becomes visible late is told although later ones were told before', async () => {
  const late = runItem({ slug: 'late', endedAt: '2026-11-21T08:11:00.000Z' });
  const items = [runItem({ slug: 'early', endedAt: '2026-11-21T08:11:02.000Z' })];
  const { reporter, heard } = listener();
  const feed = new RunFeed(systemOf([runView()], items), reporter);
  await feed.look({ run: 'run1' });
  items.unshift(late);
  await feed.look({ run: 'run1' });

  expect(heard).toEqual(['early', 'late']);
});

test('a run is told when its number of tenants is known', async () => {
  const picking = runView({ status: 'running', total: 0, migrated: 0 });
  const { reporter, started } = listener('none');
  const feed = new RunFeed(systemOf([picking, runView({ status: 'running' })], []), reporter);
  await feed.look({ run: 'run1' });
  expect(started()).toBe(0);
  await feed.look({ run: 'run1' });

  expect(started()).toBe(3);
});
