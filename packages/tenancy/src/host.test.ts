import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findHost, matchHost, parseHost } from './index.ts';

test.each([
  'acme.example.com',
  'ACME.example.com',
  'acme.example.com.',
  'acme.example.com:443',
  'acme.example.com.:443',
])('%s is acme.example.com', (host) => {
  expect(matchHost('acme.example.com', host)).toBe('acme.example.com');
});

test.each([
  'acme.example.com:8080',
  'acme.example.com..',
  'acme.example.com:443:443',
  '',
  '[::1]',
  '127.0.0.1',
  'localhost',
  'acme%2eexample.com',
  'ａcme.example.com',
  'acme。example.com',
  'acme.example.com\t',
  'ac\u00adme.example.com',
  'acme.example.com@evil.com',
  'evil.com/acme.example.com',
  'acme.example.com,evil.com',
  'acme.example.com\u0000',
  'https://acme.example.com',
  'acme .example.com',
  '-acme.example.com',
  'acme-.example.com',
  '.example.com',
  'acme..example.com',
  'a_b.example.com',
  `${'a'.repeat(64)}.example.com`,
  'acme.exam\u212Ale.com',
  undefined,
])('no tenant is at %j', (host) => {
  expect(findHost(host)).toBeUndefined();
  expect(matchHost(host, host)).toBeUndefined();
});

test('a header that disagrees with what the gateway authenticated leads nowhere', () => {
  expect(matchHost('acme.example.com', 'globex.example.com')).toBeUndefined();
  expect(matchHost(undefined, 'acme.example.com')).toBeUndefined();
  expect(matchHost('acme.example.com', undefined)).toBeUndefined();
});

test("a tenant's domain is written in its canonical form or refused", () => {
  expect(parseHost('acme.example.com')).toBe('acme.example.com');
  for (const host of ['ACME.example.com', 'acme.example.com.', 'acme.example.com:443', 'acme', 7]) {
    expect(() => parseHost(host)).toThrow(expect.objectContaining({ field: 'domain' }));
  }
});

test('two names meet only when they are one name', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      const host = matchHost(a, b);
      if (host !== undefined) expect([findHost(a), findHost(b)]).toEqual([host, host]);
    }),
  );
});

test('every allowed spelling of a host is that host and no other', () => {
  fc.assert(
    fc.property(
      fc.domain(),
      fc.array(fc.boolean()),
      fc.constantFrom('', '.', ':443', '.:443'),
      (domain, upper, ending) => {
        const canonical = domain.toLowerCase();
        const spelled =
          Array.from(canonical)
            .map((c, i) => (upper[i] === true ? c.toUpperCase() : c))
            .join('') + ending;
        const expected = findHost(canonical);
        expect(findHost(spelled)).toBe(expected);
      },
    ),
  );
});
