import type { Endpoint } from './endpoint.ts';
import { ProblemError } from './problem.ts';

type Route = Pick<Endpoint, 'method' | 'path'>;

/** Answers requests that no endpoint takes: 405 with the methods that the path has, else 404. */
export function routeMissing(endpoints: readonly Route[]) {
  return ({ method, path }: { readonly method: string; readonly path: string }): never => {
    const allowed = endpoints
      .filter((endpoint) => matches(endpoint.path, path))
      .map((endpoint) => endpoint.method);
    if (allowed.length > 0) {
      throw new ProblemError({
        status: 405,
        code: 'METHOD_NOT_ALLOWED',
        title: 'Method Not Allowed',
        detail: `This path takes ${allowed.join(', ')}, not ${method}.`,
        headers: { allow: allowed.join(', ') },
      });
    }
    const known = [...new Set(endpoints.map((endpoint) => endpoint.path))].join(', ');
    throw new ProblemError({
      status: 404,
      code: 'ROUTE_NOT_FOUND',
      title: 'Not Found',
      detail: `There is no such path. Paths are: ${known}.`,
    });
  };
}

/** The endpoint that takes a request, or undefined. */
export function findEndpoint(
  endpoints: readonly Route[],
  request: { readonly method: string; readonly path: string },
): Route | undefined {
  return endpoints.find(
    (endpoint) => endpoint.method === request.method && matches(endpoint.path, request.path),
  );
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const given = path.replace(/(.)\/$/, '$1').split('/');
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => part.startsWith('{') || part === given[index])
  );
}
