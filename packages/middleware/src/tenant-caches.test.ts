import middy from '@middy/core';
import type { TenantCache } from '@tenantry/cache';
import { CacheUnavailableError, newTenantId, type TenantId } from '@tenantry/tenancy';
import { Hono } from 'hono';
import { handle } from 'hono/aws-lambda';
import { expect, test } from 'vitest';
import type { TenancyOptions } from './tenancy-options.ts';
import { tenantHono, type TenantHonoEnv } from './tenant-hono.ts';
import { tenantMiddleware } from './tenant-middleware.ts';
import { createTenantResolver } from './tenant-resolver.ts';
import { openTestCatalog, testRoute } from './test-catalog.ts';
import { httpEvent, lambdaContext } from './test-request.ts';
import { withTenant, type HttpHandler } from './with-tenant.ts';

type Options = TenancyOptions<object, object>;
type Work = (cache: TenantCache) => Promise<unknown>;
type Serve = (options: Options, work: Work) => HttpHandler;

const viaPlainHandler: Serve = (options, work) =>
  withTenant(options, async (_, { tenancy }) => ({
    statusCode: 200,
    body: JSON.stringify(await work(tenancy.cache)),
  }));

const viaMiddy: Serve = (options, work) =>
  middy()
    .use(tenantMiddleware(options))
    .handler(async (_: unknown, { tenancy }) => ({
      statusCode: 200,
      body: JSON.stringify(await work(tenancy.cache)),
    })) as unknown as HttpHandler;

const viaHono: Serve = (options, work) => {
  const app = new Hono<TenantHonoEnv<object, object>>();
  app.use(tenantHono(options));
  app.onError((_, c) => c.text('replaced', 500));
  app.all('*', async (c) => c.json((await work(c.var.tenancy.cache)) as object));
  return handle(app) as unknown as HttpHandler;
};

const adapters: [string, Serve][] = [
  ['a plain handler', viaPlainHandler],
  ['middy', viaMiddy],
  ['Hono', viaHono],
];

const errors: unknown[] = [];
const log = {
  info: () => undefined,
  warn: () => undefined,
  error: (_: string, fields: object = {}) => void errors.push(fields),
};

/** A handler for two tenants whose caches only know whose they are. */
function serve(adapter: Serve, options: Partial<Options>, work: Work) {
  const routes = ['acme', 'other'].map((slug) =>
    testRoute({ host: `${slug}.example.com`, id: newTenantId(), slug }),
  );
  const handler = adapter(
    {
      resolver: createTenantResolver(openTestCatalog(routes).catalog),
      open: () => ({ db: {}, shared: {} }) as never,
      log,
      ...options,
    },
    work,
  );
  const send = async (slug: string) =>
    await handler(httpEvent({ host: `${slug}.example.com` }), lambdaContext());
  return { send, idOf: (slug: string) => routes.find((route) => route.slug === slug)?.id };
}

test.each(adapters)(
  "%s gets the cache of the request's tenant, opened once",
  async (_, adapter) => {
    const opened: TenantId[] = [];
    const cache = (id: TenantId) => {
      opened.push(id);
      return { get: async () => id } as unknown as TenantCache;
    };
    const { send, idOf } = serve(adapter, { cache }, async (it) => await it.get('whose'));
    for (const slug of ['acme', 'other', 'acme'])
      expect((await send(slug)).body).toBe(JSON.stringify(idOf(slug)));
    expect(opened).toEqual([idOf('acme'), idOf('other')]);
  },
);

test.each(adapters)('%s without the option is served until it uses a cache', async (_, adapter) => {
  expect((await serve(adapter, {}, async () => 'served').send('acme')).statusCode).toBe(200);
  const used = await serve(adapter, {}, async (cache) => await cache.get('key')).send('acme');
  expect(used.statusCode).toBe(500);
  expect(JSON.stringify(errors.at(-1))).toContain('option \\"cache\\"');
});

test('a cache that does not answer is told as such, and when to come back', async () => {
  const cache = () =>
    ({
      get: async () => await Promise.reject(new CacheUnavailableError('ThrottlingException')),
    }) as unknown as TenantCache;
  const { send } = serve(viaPlainHandler, { cache }, async (it) => await it.get('key'));
  expect(await send('acme')).toMatchObject({
    statusCode: 503,
    headers: { 'retry-after': '5' },
    body: expect.stringContaining('CACHE_UNAVAILABLE') as string,
  });
});
