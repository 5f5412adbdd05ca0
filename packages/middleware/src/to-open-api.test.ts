import { expect, test } from 'vitest';
import * as z from 'zod';
import { defineEndpoint } from './endpoint.ts';
import { toOpenApi } from './to-open-api.ts';

const int64 = z.bigint().transform(String);

const getPoll = defineEndpoint({
  method: 'GET',
  path: '/polls/{id}',
  summary: 'Show a poll',
  params: z.object({ id: z.string().regex(/^\d+$/).transform(BigInt) }),
  query: z.object({ limit: z.coerce.number().max(100).optional(), after: z.string() }),
  responses: { 200: z.object({ id: int64, question: z.string() }) },
});

const createPoll = defineEndpoint({
  method: 'POST',
  path: '/polls/{id}',
  summary: 'Change a poll',
  security: 'bearer',
  body: z.strictObject({ question: z.string().max(500) }),
  responses: { 201: z.object({ question: z.string() }), 409: z.object({ code: z.string() }) },
});

interface Operation {
  readonly security?: unknown;
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly required: boolean }[];
  readonly requestBody: unknown;
  readonly responses: Readonly<Record<string, { readonly content: object }>>;
}

const describe = () =>
  toOpenApi({ title: 'Polls', version: '1', endpoints: [getPoll, createPoll] }) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
    readonly components: { readonly securitySchemes?: unknown };
  };

test('endpoints at one path stand together, with what they take', () => {
  const operations = describe().paths['/polls/{id}'];
  expect(Object.keys(operations ?? {})).toEqual(['get', 'post']);
  expect(operations?.['get']?.parameters).toMatchObject([
    { name: 'id', in: 'path', required: true, schema: { type: 'string', pattern: '^\\d+$' } },
    { name: 'limit', in: 'query', required: false, schema: { type: 'number', maximum: 100 } },
    { name: 'after', in: 'query', required: true },
  ]);
  expect(operations?.['post']?.requestBody).toMatchObject({
    content: {
      'application/json': { schema: { additionalProperties: false, required: ['question'] } },
    },
  });
});

test("an endpoint's answers stand beside the problems that any request can end with", () => {
  const operations = describe().paths['/polls/{id}'];
  expect(Object.keys(operations?.['get']?.responses ?? {})).toEqual([
    '200',
    '404',
    '422',
    '500',
    '503',
    '504',
  ]);
  expect(Object.keys(operations?.['post']?.responses ?? {})).toEqual([
    '201',
    '400',
    '401',
    '404',
    '409',
    '422',
    '500',
    '503',
    '504',
  ]);
  expect(Object.keys(operations?.['post']?.responses['409']?.content ?? {})).toEqual([
    'application/problem+json',
  ]);
});

test('an endpoint that needs a token says so, and the description says what kind of token', () => {
  const described = describe();
  const operations = described.paths['/polls/{id}'];
  expect(operations?.['get']?.security).toBeUndefined();
  expect(operations?.['post']?.security).toEqual([{ bearer: [] }]);
  expect(described.components.securitySchemes).toEqual({
    bearer: { type: 'http', scheme: 'bearer' },
  });
});

test('an answer without a body is described without one', () => {
  const endpoint = defineEndpoint({
    method: 'DELETE',
    path: '/polls',
    summary: 'Delete',
    responses: { 204: z.undefined() },
  });
  const described = JSON.parse(
    JSON.stringify(toOpenApi({ title: 'Polls', version: '1', endpoints: [endpoint] })),
  ) as { paths: Record<string, { delete: { responses: Record<string, object> } }> };
  expect(described.paths['/polls']?.delete.responses['204']).toEqual({
    description: 'Done; nothing to say',
  });
});

test('the description is plain JSON', () => {
  expect(JSON.parse(JSON.stringify(describe()))).toEqual(describe());
});
