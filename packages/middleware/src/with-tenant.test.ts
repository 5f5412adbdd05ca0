import { DatabaseLoginRefusedError, newTenantId } from '@tenantry/tenancy';
import { expect, test } from 'vitest';
import { createTenantResolver } from './tenant-resolver.ts';
import { openTestCatalog, testRoute } from './test-catalog.ts';
import { httpEvent, lambdaContext } from './test-request.ts';
import { withTenant } from './with-tenant.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A handler whose database refuses the login of `gone`. */
function serveWithout(gone: string) {
  const { catalog, state } = openTestCatalog([testRoute({ id: gone, slug: 'old' })]);
  const served: string[] = [];
  const handler = withTenant(
    {
      resolver: createTenantResolver(catalog),
      open: () => ({ db: {}, shared: {} }) as never,
      log: quiet,
    },
    async (_, { tenancy }) => {
      served.push(tenancy.tenant.slug);
      if (state.queries > 0 && served.length > 1 && tenancy.tenant.id === gone)
        throw new DatabaseLoginRefusedError(new Error('28P01'));
      return { statusCode: 200, body: tenancy.tenant.slug };
    },
  );
  const send = async () => await handler(httpEvent({ host: 'acme.example.com' }), lambdaContext());
  return { send, state, served };
}

test('when a host leads to a new tenant by now, the request is served by that one from the beginning', async () => {
  const { send, state, served } = serveWithout(newTenantId());
  await send();
  state.routes = [testRoute({ id: newTenantId(), slug: 'new' })];
  expect(await send()).toMatchObject({ statusCode: 200, body: 'new' });
  expect(served).toEqual(['old', 'old', 'new']);
});

test('when a host leads nowhere by now, it is answered as one that nobody has', async () => {
  const { send, state } = serveWithout(newTenantId());
  await send();
  state.routes = [];
  expect((await send()).statusCode).toBe(404);
});

test('a tenant whose own login is refused is not tried again', async () => {
  const { send, served } = serveWithout(newTenantId());
  await send();
  expect((await send()).statusCode).toBe(503);
  expect(served).toEqual(['old', 'old']);
});
