import type { LocalRoute } from '../assembly/local-stack.ts';

/** The route that answers a request, with the values of its path's variables. */
export interface RouteMatch {
  readonly route: LocalRoute;
  readonly pathParameters: Readonly<Record<string, string>>;
}

/** The route API Gateway would choose: a full match before a greedy one, a method before `ANY`, `$default` last. */
export function matchRoute(
  routes: readonly LocalRoute[],
  method: string,
  path: string,
): RouteMatch | undefined {
  const matches = routes
    .map((route) => ({ route, match: matchKey(route.routeKey, method, path) }))
    .filter(({ match }) => match !== undefined)
    .toSorted((left, right) => (left.match?.rank ?? 0) - (right.match?.rank ?? 0));
  const [best] = matches;
  if (best === undefined) return undefined;
  return { route: best.route, pathParameters: best.match?.pathParameters ?? {} };
}

interface KeyMatch {
  /** Lower wins. */
  readonly rank: number;
  readonly pathParameters: Record<string, string>;
}

function matchKey(routeKey: string, method: string, path: string): KeyMatch | undefined {
  if (routeKey === '$default') return { rank: 1000, pathParameters: {} };
  const [keyMethod = '', keyPath = ''] = routeKey.split(' ');
  if (keyMethod !== 'ANY' && keyMethod !== method) return undefined;
  const pathParameters = matchPath(keyPath, path);
  if (pathParameters === undefined) return undefined;
  const isGreedy = keyPath.includes('+}');
  const variables = Object.keys(pathParameters).length;
  return {
    rank: (isGreedy ? 500 : 0) + variables * 2 + (keyMethod === 'ANY' ? 1 : 0),
    pathParameters,
  };
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const expected = pattern.split('/');
  const segments = path.split('/');
  const found: Record<string, string> = {};
  for (const [index, part] of expected.entries()) {
    const variable = /^\{([^}+]+)(\+?)\}$/.exec(part);
    if (variable?.[2] === '+') {
      const rest = segments.slice(index).join('/');
      return rest === '' ? undefined : { ...found, [variable[1] ?? '']: rest };
    }
    const segment = segments[index];
    if (segment === undefined) return undefined;
    if (variable === null && part !== segment) return undefined;
    if (variable !== null && segment === '') return undefined;
    if (variable !== null) found[variable[1] ?? ''] = segment;
  }
  return segments.length === expected.length ? found : undefined;
}
