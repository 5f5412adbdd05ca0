import { setImmediate as tick } from 'node:timers/promises';
import middy from '@middy/core';
import { trace, type Attributes } from '@opentelemetry/api';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import fc from 'fast-check';
import type { Kysely } from 'kysely';
import { Hono } from 'hono';
import { handle } from 'hono/aws-lambda';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { currentTenant, findCurrentTenant, newTenantId } from '@tenantry/tenancy';
import type { LogFields } from './log.ts';
import { hostNotFound, problemResult } from './problem.ts';
import type { AnsweredRequest } from './request-metrics.ts';
import type { TenancyOptions } from './tenancy-options.ts';
import type { TenantContext } from './tenant-context.ts';
import { tenantHono, type TenantHonoEnv } from './tenant-hono.ts';
import { tenantMiddleware } from './tenant-middleware.ts';
import { createTenantResolver } from './tenant-resolver.ts';
import { openTestCatalog, testRoute, type TestRoute } from './test-catalog.ts';
import { httpEvent, lambdaContext, type TestRequest } from './test-request.ts';
import { withTenant, type HttpHandler } from './with-tenant.ts';

type Tenancy = TenantContext<object, object>;
type Options = TenancyOptions<object, object>;
type Work = (tenancy: Tenancy, path: string) => Promise<object>;

const viaPlainHandler = (options: Options, work: Work): HttpHandler =>
  withTenant(options, async ({ rawPath }, { tenancy }) => ({
    statusCode: 200,
    body: JSON.stringify(await work(tenancy, rawPath)),
  }));

const viaMiddy = (options: Options, work: Work): HttpHandler =>
  middy()
    .use(tenantMiddleware(options))
    .handler(async ({ rawPath }: { rawPath: string }, { tenancy }) => ({
      statusCode: 200,
      body: JSON.stringify(await work(tenancy, rawPath)),
    })) as unknown as HttpHandler;

const viaHono = (options: Options, work: Work): HttpHandler => {
  const app = new Hono<TenantHonoEnv<object, object>>();
  app.use(tenantHono(options));
  app.onError((_, c) => c.text('replaced', 500));
  app.all('*', async (c) => c.json(await work(c.var.tenancy, c.req.path)));
  const handler = handle(app);
  return async (event, context) =>
    (await handler(event as never, context as never)) as APIGatewayProxyStructuredResultV2;
};

const lines: { readonly level: string; readonly message: string; readonly fields: LogFields }[] =
  [];
const at =
  (level: string) =>
  (message: string, fields: LogFields = {}) => {
    lines.push({ level, message, fields });
  };
const log = { info: at('info'), warn: at('warn'), error: at('error') };
beforeEach(() => {
  lines.length = 0;
});

const slugOf: Work = async ({ tenant }) => ({ slug: tenant.slug });

describe.each([
  ['a plain handler', viaPlainHandler],
  ['middy', viaMiddy],
  ['Hono', viaHono],
])('%s', (_, adapter) => {
  interface Setup extends Partial<Options> {
    readonly routes?: readonly TestRoute[];
    readonly work?: Work;
  }

  function serve({ routes, work = slugOf, ...options }: Setup = {}) {
    const { catalog, state } = openTestCatalog(routes);
    const resolver = createTenantResolver(catalog);
    const open = () => ({ db: {}, shared: {} }) as never;
    const handler = adapter({ resolver, open, log, ...options }, work);
    const send = async (request: TestRequest) => await handler(httpEvent(request), lambdaContext());
    return { send, state };
  }

  test('the tenant of the host is on the context and current in all that the handler calls', async () => {
    const work: Work = async ({ tenant }) => {
      await tick();
      return { slug: tenant.slug, current: currentTenant().slug };
    };
    const { send } = serve({ work });
    const answer = await send({ host: 'ACME.example.com:443' });
    expect(JSON.parse(answer.body ?? '')).toEqual({ slug: 'acme', current: 'acme' });
    expect(findCurrentTenant()).toBeUndefined();
  });

  test('a handler that is called and not awaited leaves no tenant behind', async () => {
    const { send } = serve({ work: async () => ({ current: currentTenant().slug }) });
    const answer = send({ host: 'acme.example.com' });
    expect(findCurrentTenant()).toBeUndefined();
    await tick();
    expect(findCurrentTenant()).toBeUndefined();
    expect((await answer).body).toContain('acme');
  });

  test('requests side by side never see the tenant of each other, however they interleave', async () => {
    const routes = Array.from({ length: 5 }, (_unused, index) =>
      testRoute({ host: `t${index}.example.com`, id: newTenantId(), slug: `t${index}` }),
    );
    const work: Work = async (tenancy, path) => {
      const seen = new Set([tenancy.tenant.slug]);
      for (let left = Number(path.slice(1)); left > 0; left -= 1) {
        await tick();
        seen.add(currentTenant().slug);
      }
      return [...seen];
    };
    const { send } = serve({ routes, work });
    const visit = fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 6 }));
    await fc.assert(
      fc.asyncProperty(fc.array(visit, { minLength: 2, maxLength: 12 }), async (visits) => {
        const answers = await Promise.all(
          visits.map(async ([tenant, ticks]) => {
            const answer = await send({ host: `t${tenant}.example.com`, path: `/${ticks}` });
            return JSON.parse(answer.body ?? '') as string[];
          }),
        );
        expect(answers).toEqual(visits.map(([tenant]) => [`t${tenant}`]));
      }),
      { numRuns: 40 },
    );
  });

  test('a tenant without tables is served, opens none, and is told so only where tables are used', async () => {
    const work: Work = async ({ tenant, db, shared }, path) => {
      if (path === '/db')
        await (db as never as Kysely<object>).selectFrom('poll' as never).execute();
      if (path === '/shared')
        await (shared as never as Kysely<object>).selectFrom('poll' as never).execute();
      return { slug: tenant.slug };
    };
    let opened = 0;
    const open = () => {
      opened += 1;
      return { db: {}, shared: {} } as never;
    };
    const { send } = serve({ routes: [testRoute({ isolation: 'cache' })], work, open });
    const served = await send({ host: 'acme.example.com', path: '/' });
    expect([served.statusCode, served.body]).toEqual([200, JSON.stringify({ slug: 'acme' })]);
    for (const path of ['/db', '/shared']) {
      const refused = await send({ host: 'acme.example.com', path });
      expect([refused.statusCode, JSON.parse(refused.body ?? '')]).toMatchObject([
        409,
        { code: 'TENANT_HAS_NO_TABLES' },
      ]);
    }
    expect(opened).toBe(0);
  });

  test.each([
    { host: 'unknown.example.com' },
    { host: 'acme.example.com', domainName: 'other.example.com' },
    { host: 'acme.example.com, other.example.com', domainName: 'acme.example.com' },
    { host: 'unknown.example.com', headers: { 'x-forwarded-host': 'acme.example.com' } },
    { host: 'unknown.example.com', headers: { forwarded: 'host=acme.example.com' } },
    { host: 'unknown.example.com', path: 'https://acme.example.com/' },
  ])('no tenant is found for %j, and the answer is always the same', async (request) => {
    const answer = await serve().send(request);
    expect(answer.statusCode).toBe(404);
    expect(answer.body).toBe(problemResult(hostNotFound).body);
  });

  test('a suspended tenant answers as a host that nobody has', async () => {
    const { send } = serve({ routes: [testRoute({ status: 'suspended' })] });
    const answer = await send({ host: 'acme.example.com' });
    const unknown = await send({ host: 'unknown.example.com' });
    expect([answer.statusCode, answer.body]).toEqual([404, unknown.body]);
  });

  test('a suspended tenant answers as it was told to', async () => {
    const suspended = { status: 403, detail: 'Please pay your bill.' } as const;
    const { send } = serve({ routes: [testRoute({ status: 'suspended' })], suspended });
    const answer = await send({ host: 'acme.example.com' });
    expect(answer.statusCode).toBe(403);
    expect(JSON.parse(answer.body ?? '')).toMatchObject({
      code: 'TENANT_NOT_ACTIVE',
      detail: 'Please pay your bill.',
    });
  });

  test('requests at another host of the tenant are sent to its primary one, with path and query', async () => {
    const routes = [
      testRoute(),
      testRoute({ host: 'polls.acme.com', primaryHost: 'acme.example.com' }),
    ];
    const { send } = serve({ routes, redirectToPrimary: true });
    const path = '//evil.com/a b\r\nx';
    const answer = await send({ host: 'polls.acme.com', method: 'POST', path, query: 'a=1&b=%20' });
    expect(answer.statusCode).toBe(308);
    expect(answer.headers?.['location']).toBe(
      'https://acme.example.com//evil.com/a%20b%0D%0Ax?a=1&b=%20',
    );
    expect((await send({ host: 'acme.example.com' })).statusCode).toBe(200);
  });

  test.each([
    ['http', '8787', 'http://acme.example.com:8787/a'],
    ['http', '80', 'http://acme.example.com/a'],
    ['https', '443', 'https://acme.example.com/a'],
    ['https', '8443', 'https://acme.example.com:8443/a'],
    ['https, http', '443, 80', 'https://acme.example.com/a'],
    ['gopher', '//evil.com', 'https://acme.example.com/a'],
  ])('a request that came by %s at port %s is sent to %s', async (scheme, port, location) => {
    const routes = [
      testRoute(),
      testRoute({ host: 'polls.acme.com', primaryHost: 'acme.example.com' }),
    ];
    const { send } = serve({ routes, redirectToPrimary: true });
    const headers = { 'x-forwarded-proto': scheme, 'x-forwarded-port': port };
    const answer = await send({ host: 'polls.acme.com', path: '/a', headers });
    expect(answer.headers?.['location']).toBe(location);
  });

  test('with the catalog down a known tenant is served on, an unknown host gets 503 and when to come back', async () => {
    const { send, state } = serve();
    await send({ host: 'acme.example.com' });
    state.isDown = true;
    expect((await send({ host: 'acme.example.com' })).body).toContain('acme');
    const answer = await send({ host: 'other.example.com' });
    expect(answer).toMatchObject({ statusCode: 503, headers: { 'retry-after': '5' } });
    expect(JSON.parse(answer.body ?? '')).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  });

  test('every line of the log names tenant, request and correlation; a secret is left out', async () => {
    const work: Work = async (tenancy) => {
      tenancy.log.info('one', { poll: '7', tenant_id: 'forged' });
      tenancy.log.warn('two', { password: 'hunter2', sessionToken: 'abc' });
      throw new Error('boom');
    };
    const { send } = serve({ work });
    await send({ host: 'acme.example.com', headers: { 'x-correlation-id': 'c-1' } });
    expect(lines.map(({ message }) => message)).toEqual(['one', 'two', 'request failed']);
    for (const { fields } of lines) {
      expect(fields).toMatchObject({
        tenant_id: testRoute().id,
        request_id: 'lambda-request',
        correlation_id: 'c-1',
      });
    }
    expect(JSON.stringify(lines)).not.toMatch(/hunter2|abc"/);
  });

  test('an error shows its caller nothing of what happened', async () => {
    const work: Work = async () => {
      throw new Error('select secret from t_other');
    };
    const answer = await serve({ work }).send({ host: 'acme.example.com' });
    expect(answer.statusCode).toBe(500);
    expect(answer.headers?.['content-type']).toContain('application/problem+json');
    expect(answer.body).not.toContain('t_other');
  });

  test('the correlation id comes back, and one is made when none that fits was sent', async () => {
    const { send } = serve();
    const idOf = async (headers: Record<string, string>, host = 'acme.example.com') =>
      (await send({ host, headers })).headers?.['x-correlation-id'];
    const traceId = 'Root=1-67891233-abcdef012345678912345678;Sampled=1';
    expect(await idOf({ 'x-correlation-id': 'c-1' })).toBe('c-1');
    expect(await idOf({ 'x-correlation-id': 'c-1' }, 'unknown.example.com')).toBe('c-1');
    expect(await idOf({ 'x-amzn-trace-id': traceId })).toBe(traceId);
    expect(await idOf({ 'x-correlation-id': 'a b {"level":"forged"}' })).toMatch(/^[0-9a-f-]{36}$/);
    expect(await idOf({})).not.toBe(await idOf({}));
  });

  test('each answered request of a tenant is counted once, with a name of few', async () => {
    const counted: AnsweredRequest[] = [];
    const { send } = serve({ metrics: { record: (request) => counted.push(request) } });
    await send({ host: 'acme.example.com', path: '/a/1' });
    await send({ host: 'acme.example.com', path: '/a/2', method: 'PURGE' });
    await send({ host: 'unknown.example.com' });
    expect(counted).toMatchObject([
      { tenantId: testRoute().id, operation: 'GET', isolation: 'schema', status: 200 },
      { tenantId: testRoute().id, operation: 'other', status: 200 },
    ]);
    expect(counted[0]?.durationMs).toBeGreaterThan(0);
  });

  test('finding the tenant and the handler are spans, the tenant is their attribute', async () => {
    const spans: { name: string; attributes: Attributes; isEnded: boolean }[] = [];
    const startSpan = (name: string, { attributes = {} }: { attributes?: Attributes } = {}) => {
      const span = { name, attributes: { ...attributes }, isEnded: false };
      spans.push(span);
      return {
        setAttributes: (more: Attributes) => Object.assign(span.attributes, more),
        setStatus: () => undefined,
        end: () => (span.isEnded = true),
      };
    };
    const startActiveSpan = (name: string, options: object, fn: (span: unknown) => unknown) =>
      fn(startSpan(name, options));
    trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan, startActiveSpan }) as never });
    onTestFinished(() => trace.disable());
    await serve().send({ host: 'acme.example.com' });
    const attributes = { 'tenant.id': testRoute().id };
    expect(spans).toEqual([
      { name: 'tenant.resolve', attributes, isEnded: true },
      { name: 'handler', attributes, isEnded: true },
    ]);
  });

  test('an option that is unknown, missing or of the wrong kind is refused at the start', () => {
    const { catalog } = openTestCatalog();
    const resolver = createTenantResolver(catalog);
    const open = () => ({}) as never;
    for (const options of [
      { resolver },
      { resolver, open, redirectToPrimry: true },
      { resolver, open, redirectToPrimary: 'yes' },
      { resolver, open, suspended: { status: 200, detail: 'x' } },
    ]) {
      expect(() => adapter(options as never, slugOf)).toThrow(TypeError);
    }
  });
});
