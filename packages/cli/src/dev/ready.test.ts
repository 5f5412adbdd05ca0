import { expect, test } from 'vitest';
import { describeReady, formatReady } from './ready.ts';

const thor = { slug: 'thor', status: 'active', domains: ['thor.localhost'] };
const broken = { slug: 'broken', status: 'failed', domains: ['broken.localhost'] };
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

test('many tenants are counted, not listed', () => {
  const tenants = Array.from({ length: 200 }, (_, index) => ({
    ...thor,
    slug: `t${index}`,
    domains: [`t${index}.localhost`],
  }));

  expect(formatReady(describeReady({ ...start, tenants }))).toContain(
    'http://t2.localhost:8787  +197   try',
  );
});
