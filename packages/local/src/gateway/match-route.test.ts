import { expect, test } from 'vitest';
import { matchRoute } from './match-route.ts';

const keys = [
  '$default',
  'GET /polls',
  'GET /polls/{id}',
  'ANY /polls/{id}',
  'ANY /{proxy+}',
  'POST /a/{x}/b',
];
const routes = keys.map((routeKey) => ({ routeKey, functionArn: routeKey }));

test.each<[request: string, routeKey: string, pathParameters: Record<string, string>]>([
  ['GET /polls', 'GET /polls', {}],
  ['GET /polls/7', 'GET /polls/{id}', { id: '7' }],
  ['PUT /polls/7', 'ANY /polls/{id}', { id: '7' }],
  ['GET /polls/7/votes', 'ANY /{proxy+}', { proxy: 'polls/7/votes' }],
  ['POST /a/1/b', 'POST /a/{x}/b', { x: '1' }],
  ['GET /', '$default', {}],
])('%s goes to the most exact route, %s', (request, routeKey, pathParameters) => {
  const [method = '', path = ''] = request.split(' ');
  const match = matchRoute(routes, method, path);
  expect(match?.route.routeKey).toBe(routeKey);
  expect(match?.pathParameters).toEqual(pathParameters);
});

test('without a default route an unknown path has none', () => {
  expect(matchRoute(routes.slice(1, 3), 'GET', '/other')).toBeUndefined();
});
