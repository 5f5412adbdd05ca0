import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { defineEndpoint } from './endpoint.ts';
import { parseRequest } from './parse-request.ts';
import { ProblemError } from './problem.ts';

const endpoint = defineEndpoint({
  method: 'GET',
  path: '/polls',
  summary: 'List polls',
  query: z.strictObject({ limit: z.coerce.number().int().min(1).max(100).default(20) }),
  responses: { 200: z.object({}) },
});

const requestWith = (event: Partial<APIGatewayProxyEventV2>) =>
  ({ headers: {}, ...event }) as APIGatewayProxyEventV2;

const problemOf = (fn: () => unknown) => {
  try {
    fn();
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
  }
  return undefined;
};

test('a query is read as the endpoint declares it, with its defaults', () => {
  expect(parseRequest(endpoint, requestWith({})).query).toEqual({ limit: 20 });
  const given = requestWith({ queryStringParameters: { limit: '5' } });
  expect(parseRequest(endpoint, given).query).toEqual({ limit: 5 });
});

test.each([{ limit: '0' }, { limit: 'x' }, { colour: 'red' }])(
  'a query that does not fit is refused with what and why: %j',
  (queryStringParameters) => {
    const problem = problemOf(() => parseRequest(endpoint, requestWith({ queryStringParameters })));
    expect(problem).toMatchObject({ status: 422, code: 'QUERY_INVALID' });
    expect(problem?.errors).toHaveLength(1);
  },
);

test.each([
  ['Bearer abc.DEF-1_2', 'abc.DEF-1_2'],
  ['bearer  abc==', 'abc=='],
  ['Basic abc', undefined],
  ['Bearer', undefined],
  ['Bearer a b', undefined],
  ['Bearer abc,Bearer def', undefined],
  [undefined, undefined],
])('the token of %j is %j', (authorization, token) => {
  const headers = authorization === undefined ? {} : { authorization };
  expect(parseRequest(endpoint, requestWith({ headers })).bearerToken).toBe(token);
});
