import { currentTenant } from '@tenantry/tenancy';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { defineEndpoint } from './endpoint.ts';
import { ProblemError } from './problem.ts';
import type { AnsweredRequest } from './request-metrics.ts';
import { tenantApi } from './tenant-api.ts';
import { createTenantEndpoint } from './tenant-endpoint.ts';
import { createTenantResolver } from './tenant-resolver.ts';
import { openTestCatalog } from './test-catalog.ts';
import { httpEvent, lambdaContext, type TestRequest } from './test-request.ts';

const tenantEndpoint = createTenantEndpoint<object, object, { readonly token: string }>({
  authenticate: async ({ tenant, bearerToken }) => {
    if (bearerToken !== `token of ${tenant.slug}`.replaceAll(' ', '-')) throw unauthorized();
    return { token: bearerToken };
  },
});

const getPoll = tenantEndpoint(
  defineEndpoint({
    method: 'GET',
    path: '/polls/{id}',
    summary: 'Show a poll',
    security: 'bearer',
    params: z.object({ id: z.string().regex(/^\d+$/).transform(Number) }),
    query: z.object({ full: z.stringbool().default(false) }),
    responses: {
      200: z.object({ id: z.number(), full: z.boolean(), token: z.string(), tenant: z.string() }),
      409: z.object({ code: z.string() }),
    },
  }),
  async ({ params, query, caller, reply }) => {
    if (params.id === 9) return reply(409, { code: 'POLL_CLOSED' });
    const tenant = currentTenant().slug;
    return reply(200, { id: params.id, full: query.full, token: caller.token, tenant });
  },
);

const deleteVote = tenantEndpoint(
  defineEndpoint({
    method: 'DELETE',
    path: '/votes/{id}',
    summary: 'Take a vote back',
    responses: { 204: z.undefined() },
  }),
  async ({ reply }) => reply(204, undefined),
);

function unauthorized(): ProblemError {
  const detail = 'Sign in first.';
  return new ProblemError({ status: 401, code: 'UNAUTHORIZED', title: 'Unauthorized', detail });
}

function serve() {
  const counted: AnsweredRequest[] = [];
  const handler = tenantApi({
    endpoints: [getPoll, deleteVote],
    resolver: createTenantResolver(openTestCatalog().catalog),
    open: () => ({ db: {}, shared: {} }) as never,
    metrics: { record: (request) => counted.push(request) },
  });
  const send = async (request: Omit<TestRequest, 'host'> & { readonly host?: string }) =>
    await handler(httpEvent({ host: 'acme.example.com', ...request }), lambdaContext());
  return { send, counted };
}

const signedIn = { authorization: 'Bearer token-of-acme' };

test("an endpoint's code gets params, query and caller, and the tenant is current in it", async () => {
  const answer = await serve().send({
    path: '/polls/7',
    queryStringParameters: { full: 'yes' },
    headers: signedIn,
  });
  expect(JSON.parse(answer.body ?? '')).toEqual({
    id: 7,
    full: true,
    token: 'token-of-acme',
    tenant: 'acme',
  });
});

test('an answer of status 400 and above is a problem, replied or thrown', async () => {
  const { send } = serve();
  for (const [path, status, headers] of [
    ['/polls/9', 409, signedIn],
    ['/polls/7', 401, {}],
    ['/polls/x', 404, signedIn],
  ] as const) {
    const answer = await send({ path, headers });
    expect([answer.statusCode, answer.headers?.['content-type']]).toEqual([
      status,
      'application/problem+json',
    ]);
  }
});

test('code that needs a caller does not run without one, and other code has none', async () => {
  const { send } = serve();
  for (const headers of [{}, { authorization: 'Bearer token-of-globex' }])
    expect((await send({ path: '/polls/9', headers })).statusCode).toBe(401);
  expect((await send({ path: '/polls/9', headers: signedIn })).statusCode).toBe(409);
  expect((await send({ path: '/votes/7', method: 'DELETE' })).statusCode).toBe(204);
});

test('security that nobody checks is refused when the endpoint is made', () => {
  const join = () =>
    createTenantEndpoint<object, object>()(getPoll.endpoint, async ({ reply }) => reply(204, {}));
  expect(join).toThrow(/GET \/polls\/\{id\} needs bearer security/);
});

test('the tenant is found before anything else of the request counts', async () => {
  const { send } = serve();
  const answers = await Promise.all(
    ['/polls/7', '/nowhere'].map(
      async (path) => await send({ host: 'unknown.example.com', path, method: 'POST' }),
    ),
  );
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([404, 404]);
  expect(answers[0]?.body).toBe(answers[1]?.body);
});

test('requests are counted by endpoint, never by path', async () => {
  const { send, counted } = serve();
  for (const path of ['/polls/9', '/polls/10', '/a', '/b']) await send({ path });
  await send({ path: '/polls/9', method: 'DELETE' });
  expect(counted.map(({ operation }) => operation)).toEqual([
    'GET /polls/{id}',
    'GET /polls/{id}',
    'none',
    'none',
    'none',
  ]);
});

test('an answer without a body has neither a body nor a type of one', async () => {
  const answer = await serve().send({ path: '/votes/7', method: 'DELETE' });
  expect([answer.statusCode, answer.body]).toEqual([204, undefined]);
  expect(answer.headers).not.toHaveProperty('content-type');
});
