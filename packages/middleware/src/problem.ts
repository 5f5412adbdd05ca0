import { TenancyError } from '@tenantry/tenancy';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

/** One value of a request that does not fit. */
export interface ProblemIssue {
  /** Where it is: `choices.1`; empty for the whole body. */
  readonly path: string;
  readonly message: string;
}

/** An error as callers of an API see it (RFC 9457), with a stable code. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly errors?: readonly ProblemIssue[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Ends a request with a problem from anywhere below the middleware. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/**
 * The one answer for every host that leads nowhere: unknown, suspended, reserved and malformed look the same from outside, and the
 * gateway says it with the same bytes.
 */
export const hostNotFound: Problem = {
  status: 404,
  code: 'TENANT_NOT_FOUND',
  title: 'Not Found',
  detail: 'No such host.',
};

/** What went wrong, in words that are safe to show: no SQL, no stack, no name of another tenant. */
export function toProblem(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (!(error instanceof TenancyError)) return internalProblem;
  switch (error.code) {
    case 'TENANT_NOT_FOUND':
    case 'TENANT_NOT_ACTIVE':
      return hostNotFound;
    case 'TENANT_INPUT_INVALID':
      return { status: 400, code: error.code, title: 'Bad Request', detail: error.message };
    case 'TENANT_HAS_NO_TABLES':
      return {
        status: 409,
        code: error.code,
        title: 'Conflict',
        detail: 'This tenant keeps nothing in tables; what was asked for needs some.',
      };
    case 'DATABASE_UNAVAILABLE':
    case 'DATABASE_LOGIN_REFUSED':
      return {
        status: 503,
        code: 'DATABASE_UNAVAILABLE',
        title: 'Service Unavailable',
        detail: 'The database is not available right now; try again in a few seconds.',
        headers: { 'retry-after': '5' },
      };
    case 'CACHE_UNAVAILABLE':
      return {
        status: 503,
        code: error.code,
        title: 'Service Unavailable',
        detail: 'The cache is not available right now; try again in a few seconds.',
        headers: { 'retry-after': '5' },
      };
    case 'DATABASE_TIMEOUT':
      return {
        status: 504,
        code: error.code,
        title: 'Gateway Timeout',
        detail: 'The database did not answer in time.',
      };
    default:
      return internalProblem;
  }
}

const internalProblem: Problem = {
  status: 500,
  code: 'INTERNAL',
  title: 'Internal Server Error',
  detail: 'The request failed on our side; the log names the cause under this request id.',
};

/** The problem as an answer of the HTTP API. */
export function problemResult(problem: Problem): APIGatewayProxyStructuredResultV2 {
  const { status, code, title, detail, errors, headers } = problem;
  const body = {
    type: 'about:blank',
    title,
    status,
    code,
    detail,
    ...(errors === undefined ? {} : { errors }),
  };
  return {
    statusCode: status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body: JSON.stringify(body),
  };
}
