export { defineEndpoint, type Endpoint, type Reply, type ReplyFunction } from './endpoint.ts';
export { createLog, type Log, type LogFields } from './log.ts';
export {
  hostNotFound,
  ProblemError,
  problemResult,
  toProblem,
  type Problem,
  type ProblemIssue,
} from './problem.ts';
export { problemErrors } from './problem-errors.ts';
export { tenantApi, type HttpHandler, type TenantApiOptions } from './tenant-api.ts';
export type { TenantContext } from './tenant-context.ts';
export {
  createTenantEndpoint,
  type EndpointInput,
  type TenantEndpoint,
} from './tenant-endpoint.ts';
export { tenantMiddleware, type TenantLambdaContext } from './tenant-middleware.ts';
export {
  createTenantResolver,
  type TenantResolver,
  type TenantResolverOptions,
} from './tenant-resolver.ts';
