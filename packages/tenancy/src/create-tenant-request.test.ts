import { expect, test } from 'vitest';
import { parseCreateTenantRequest } from './index.ts';

const parse = (input: Record<string, unknown>) =>
  parseCreateTenantRequest({ slug: 'acme', actor: 'me', ...input }, { baseDomain: 'example.com' });

test('a slug is enough: the rest has defaults', () => {
  expect(parse({})).toEqual({
    slug: 'acme',
    name: 'acme',
    isolation: 'schema',
    domain: 'acme.example.com',
    fields: {},
    migrate: true,
    actor: 'me',
  });
});

test('an unknown isolation type is refused and the valid ones are listed', () => {
  expect(() => parse({ isolation: 'shed' })).toThrow(
    expect.objectContaining({
      code: 'ISOLATION_UNKNOWN',
      valid: ['schema', 'database', 'table', 'cache', 'dedicated'],
      message: expect.stringContaining('shed'),
    }),
  );
});

test('a dedicated tenant is on no cluster that takes tenants, and its host is one for which there is a certificate', () => {
  const isolation = 'dedicated';
  const refused = (field: string) =>
    expect.objectContaining({ code: 'TENANT_INPUT_INVALID', field, next: expect.anything() });
  expect(parse({ isolation }).domain).toBe('acme.example.com');
  expect(parse({ isolation, domain: 'polls.example.com' }).domain).toBe('polls.example.com');
  expect(() => parse({ isolation, cluster: 'eu' })).toThrow(refused('cluster'));
  for (const domain of ['acme.example.org', 'a.b.example.com', 'example.com'])
    expect(() => parse({ isolation, domain })).toThrow(refused('domain'));
});

test('a tenant that shares tables is of a pool, main unless another one is named, and no other tenant is', () => {
  expect(parse({ isolation: 'table' }).pool).toBe('main');
  expect(parse({ isolation: 'table', pool: 'free' }).pool).toBe('free');
  for (const isolation of ['schema', 'database', 'cache']) {
    expect(parse({ isolation })).not.toHaveProperty('pool');
    expect(() => parse({ isolation, pool: 'main' })).toThrow(
      expect.objectContaining({ code: 'TENANT_INPUT_INVALID', field: 'pool' }),
    );
  }
});

test.each([
  [{ name: '' }, 'name'],
  [{ name: 'a\nb' }, 'name'],
  [{ name: 7 }, 'name'],
  [{ domain: 'ACME.example.com' }, 'domain'],
  [{ fields: [] }, 'fields'],
  [{ fields: { plan: {} } }, 'fields.plan'],
  [{ fields: { 'a-b': 1 } }, 'fields.a-b'],
  [{ fields: { note: 'x'.repeat(20_000) } }, 'fields'],
  [{ isolation: 'table', pool: 'Main' }, 'pool'],
  [{ isolation: 'table', pool: '' }, 'pool'],
  [{ isolation: 'table', pool: 'a"b' }, 'pool'],
  [{ isolation: 'table', pool: 'x'.repeat(21) }, 'pool'],
  [{ isolation: 'table', pool: 7 }, 'pool'],
  [{ cluster: 'EU' }, 'cluster'],
  [{ cluster: '-eu' }, 'cluster'],
  [{ cluster: 'x'.repeat(21) }, 'cluster'],
  [{ cluster: "eu'; drop" }, 'cluster'],
  [{ cluster: 7 }, 'cluster'],
  [{ cluster: 'eu', isolation: 'cache' }, 'cluster'],
  [{ migrate: 'yes' }, 'migrate'],
  [{ actor: '' }, 'actor'],
])('what does not fit is refused by name: %j', (input, field) => {
  expect(() => parse(input)).toThrow(
    expect.objectContaining({ code: 'TENANT_INPUT_INVALID', field }),
  );
});
