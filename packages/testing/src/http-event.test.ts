import { expect, test } from 'vitest';
import { toHttpEvent, toResponse } from './http-event.ts';

test('an event carries path, query and host as API Gateway puts them', () => {
  const event = toHttpEvent({ path: '/polls/a%20b?limit=2&tag=x&tag=y' }, 'acme.tenants.test');
  expect(event).toMatchObject({
    version: '2.0',
    routeKey: '$default',
    rawPath: '/polls/a b',
    rawQueryString: 'limit=2&tag=x&tag=y',
    queryStringParameters: { limit: '2', tag: 'x,y' },
    headers: { host: 'acme.tenants.test' },
    requestContext: { domainName: 'acme.tenants.test', http: { method: 'GET' } },
    isBase64Encoded: false,
  });
  expect(event.body).toBeUndefined();
});

test('a body is JSON unless it is text already, and header names are lower case', () => {
  const object = toHttpEvent({ method: 'POST', path: '/', body: { a: 1 } }, 'acme.tenants.test');
  expect([object.body, object.headers['content-type']]).toEqual(['{"a":1}', 'application/json']);
  const text = toHttpEvent(
    { method: 'POST', path: '/', body: 'a=1', headers: { 'Content-Type': 'text/plain' } },
    'acme.tenants.test',
  );
  expect([text.body, text.headers['content-type']]).toEqual(['a=1', 'text/plain']);
});

test('an answer of JSON, problems included, is parsed and any other is text', () => {
  const answer = (type: string, body?: string) =>
    toResponse({ statusCode: 200, headers: { 'Content-Type': type }, ...(body && { body }) }).body;
  expect(answer('application/json; charset=utf-8', '{"a":1}')).toEqual({ a: 1 });
  expect(answer('application/problem+json', '{"status":404}')).toEqual({ status: 404 });
  expect(answer('text/plain', '{"a":1}')).toBe('{"a":1}');
  expect(answer('application/json')).toBe('');
});
