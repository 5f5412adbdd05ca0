import { expect, test } from 'vitest';
import { describeReady, formatReady } from './ready.ts';

const thor = {
  slug: 'thor',
  status: 'active',
  domains: ['thor.localhost'],
  createdAt: '2026-11-21T08:00:00.000Z',
};
const broken = { ...thor, slug: 'broken', status: 'failed', domains: ['broken.localhost'] };
const start = { url: 'http://localhost:8787', dataDir: '/x/.tenantry', seconds: 4.24 };

test('a start ends with one line: ready, the addresses of what answers, a command to try', () => {
  const ready = describeReady({ ...start, tenants: [broken, thor] });

  expect(formatReady(ready)).toBe(
    'ready in 4.2 s   http://localhost:8787  http://thor.localhost:8787   try: curl http://thor.localhost:8787/polls',
  );
});

test('without a tenant the thing to try is to create one', () => {
  const ready = describeReady({ ...start, tenants: [] });

  expect(ready.try).toBe('npx tenantry tenant create acme --name ACME --yes');
});

test('of many tenants the oldest are listed and all are counted', () => {
  const tenants = Array.from({ length: 200 }, (_, index) => ({
    ...thor,
    slug: `t${index}`,
    domains: [`t${index}.localhost`],
    createdAt: new Date(Date.UTC(2026, 0, 1) - index).toISOString(),
  }));
  const ready = describeReady({ ...start, tenants });

  expect(ready).toMatchObject({ tenantCount: 200, tenants: { length: 10, 0: { slug: 't199' } } });
  expect(formatReady(ready)).toContain('http://t197.localhost:8787  +197   try');
});
