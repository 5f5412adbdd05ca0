import { expect, test } from 'vitest';
import { exitCodes } from '../exit-codes.ts';
import { runAgainst, tenantView } from '../testing/fake-system.ts';

const tenants = [tenantView()];

test('--confirm with the slug deletes and answers with the deleted tenant', async () => {
  const { exitCode, stdout, calls } = await runAgainst(
    { tenants },
    'tenant delete acme --confirm acme --json',
  );

  expect(exitCode).toBe(exitCodes.ok);
  expect(JSON.parse(stdout)).toMatchObject({ v: 1, tenant: { slug: 'acme', status: 'deleted' } });
  expect(calls.map(({ action }) => action)).toEqual(['show-tenant', 'delete-tenant']);
});

test('--yes alone is not enough', async () => {
  const { exitCode, stderr, calls } = await runAgainst({ tenants }, [
    'tenant',
    'delete',
    'acme',
    '--yes',
  ]);

  expect(exitCode).toBe(exitCodes.inputNeeded);
  expect(stderr).toBe(`✕ CONFIRMATION_NEEDED  --yes is not enough to delete a tenant.
  where    tenant acme
  missing  --confirm acme
  do       tenantry tenant delete acme --confirm acme
`);
  expect(calls.map(({ action }) => action)).not.toContain('delete-tenant');
});

test('another slug in --confirm is refused', async () => {
  const { exitCode, calls } = await runAgainst({ tenants }, 'tenant delete acme --confirm acm');

  expect(exitCode).toBe(exitCodes.usage);
  expect(calls.map(({ action }) => action)).not.toContain('delete-tenant');
});

test('without a terminal the slug cannot be typed: 4, and what to add', async () => {
  const { exitCode, stderr, calls } = await runAgainst({ tenants }, 'tenant delete acme --json');

  expect(exitCode).toBe(exitCodes.inputNeeded);
  expect(JSON.parse(stderr)).toMatchObject({
    error: { code: 'INPUT_NEEDED', missing: ['--confirm acme'] },
  });
  expect(calls.map(({ action }) => action)).not.toContain('delete-tenant');
});

test('a person types the slug; a wrong one is refused before Enter is accepted', async () => {
  const { exitCode, stderr, calls } = await runAgainst(
    { tenants, isTerminal: true },
    ['tenant', 'delete', 'acme'],
    ['acm', '\r', 'e', '\r'],
  );

  expect(stderr).toContain('this is not "acme"');
  expect(exitCode).toBe(exitCodes.ok);
  expect(calls.map(({ action }) => action)).toContain('delete-tenant');
});

test('an unknown tenant is not found before anything is asked', async () => {
  const { exitCode } = await runAgainst({ tenants }, 'tenant delete globex');

  expect(exitCode).toBe(exitCodes.notFound);
});
