import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newTenantId } from '@tenantry/tenancy';
import { hostNotFound, problemResult } from './problem.ts';
import { createTenantResolver } from './tenant-resolver.ts';
import { openTestCatalog, testRoute } from './test-catalog.ts';
import { httpEvent, lambdaContext } from './test-request.ts';
import { withTenant } from './with-tenant.ts';

const names: Readonly<Record<string, readonly string[]>> = {
  acme: ['acme.example.com', 'polls.acme.org', 'xn--caf-dma.example.com'],
  acm: ['acm.example.com'],
  acmee: ['acmee.example.com', 'acme.example.co'],
  'a-c-me': ['a-c-me.example.com', 'example.com.acme.org'],
};

const ownerOf = new Map(
  Object.entries(names).flatMap(([slug, hosts]) => hosts.map((host) => [host, slug] as const)),
);

const routes = Object.entries(names).flatMap(([slug, hosts]) => {
  const id = newTenantId();
  return hosts.map((host) => testRoute({ host, id, slug }));
});

const resolver = createTenantResolver(openTestCatalog(routes).catalog, {
  maxLookupsPerSecond: 1_000_000,
});
const handler = withTenant(
  { resolver, open: () => ({ db: {}, shared: {} }) as never },
  async (_, { tenancy }) => ({ statusCode: 200, body: tenancy.tenant.slug }),
);

async function tenantAt(host: string, domainName = host): Promise<string | undefined> {
  const answer = await handler(httpEvent({ host, domainName }), lambdaContext());
  if (answer.statusCode === 200) return answer.body;
  expect(answer.body).toBe(problemResult(hostNotFound).body);
  return undefined;
}

const listed = fc.constantFrom(...ownerOf.keys());

const anyCase = (text: string) =>
  fc.array(fc.boolean(), { minLength: text.length, maxLength: text.length }).map((flags) =>
    text
      .split('')
      .map((letter, at) => (flags[at] ? letter.toUpperCase() : letter))
      .join(''),
  );

test('a tenant is reached by each of its names, in any case, with a trailing dot or the port of https', async () => {
  const spelling = listed.chain((host) =>
    fc.tuple(fc.constant(host), anyCase(host), fc.constantFrom('', '.', ':443', '.:443')),
  );
  await fc.assert(
    fc.asyncProperty(spelling, async ([host, spelled, end]) => {
      expect(await tenantAt(`${spelled}${end}`)).toBe(ownerOf.get(host));
    }),
    { numRuns: 500 },
  );
});

const oddPieces = fc.constantFrom(
  ...'. .. - _ :443 :80 : @ / \\ ? # %2e %00 , ; [ ] * xn-- www. acme example.com .example.com https:// A 0'.split(
    ' ',
  ),
  ...'\0|\t| |\u00ad|\u3002|\uff41|\u212a|\u0430'.split('|'),
);

test('any other spelling reaches nobody, so that none reaches two', async () => {
  const mutated = fc
    .tuple(listed, oddPieces, fc.nat(40), fc.nat(3))
    .map(([host, piece, at, cut]) => host.slice(0, at) + piece + host.slice(at + cut));
  const joined = fc.array(fc.oneof(listed, oddPieces), { maxLength: 4 }).map((all) => all.join(''));
  await fc.assert(
    fc.asyncProperty(fc.oneof(mutated, joined, fc.string({ unit: 'binary' })), async (spelled) => {
      const plain = /^[\x21-\x7e]*$/.test(spelled)
        ? spelled.toLowerCase().replace(/:443$/, '').replace(/\.$/, '')
        : '';
      expect(await tenantAt(spelled)).toBe(ownerOf.get(plain));
    }),
    { numRuns: 700 },
  );
});

test('two names that disagree reach nobody, whichever of them is a tenant', async () => {
  await fc.assert(
    fc.asyncProperty(listed, listed, async (host, domainName) => {
      const expected = host === domainName ? ownerOf.get(host) : undefined;
      expect(await tenantAt(host, domainName)).toBe(expected);
    }),
  );
});
