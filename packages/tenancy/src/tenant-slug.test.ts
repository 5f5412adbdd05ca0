import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseTenantSlug, proposeSlug } from './index.ts';

test.each(['acme', 'acme-inc', 'a1b', 'x'.repeat(40)])('%s is a slug', (slug) => {
  expect(parseTenantSlug(slug)).toBe(slug);
});

test.each([
  '',
  'ab',
  'x'.repeat(41),
  'Acme',
  '1acme',
  '-acme',
  'acme-',
  'ac--me',
  'ac me',
  'ac_me',
  'café',
  'acme.com',
  'acme\n',
  "acme'",
  'acme"; drop schema x; --',
  'аcme',
  'acme\u0000',
  7,
  null,
  undefined,
])('what is no slug is refused: %j', (value) => {
  expect(() => parseTenantSlug(value)).toThrow(
    expect.objectContaining({ code: 'TENANT_INPUT_INVALID', field: 'slug' }),
  );
});

test.each(['www', 'admin', 'api', 'localhost', 'tenantry', 'xn-80ak'])(
  'the reserved name %s is refused',
  (slug) => {
    expect(() => parseTenantSlug(slug)).toThrow(/reserved/);
  },
);

test('a refusal proposes a slug that fits', () => {
  expect(() => parseTenantSlug('Acme Inc')).toThrow(
    expect.objectContaining({ next: 'tenantry tenant create acme-inc' }),
  );
  expect(proposeSlug('Café  Zürich!')).toBe('cafe-zu-rich');
  expect(proposeSlug('!!')).toBeUndefined();
});

test('whatever is proposed is a slug', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const slug = proposeSlug(text);
      if (slug !== undefined) expect(parseTenantSlug(slug)).toBe(slug);
    }),
  );
});
