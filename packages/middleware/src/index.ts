export {
  defineEndpoint,
  type Endpoint,
  type Reply,
  type ReplyFunction,
  type Security,
} from './endpoint.ts';
export { bindLog, getLambdaLog, type Log, type LogFields } from './log.ts';
export {
  hostNotFound,
  ProblemError,
  problemResult,
  toProblem,
  type Problem,
  type ProblemIssue,
} from './problem.ts';
export { problemErrors } from './problem-errors.ts';
export {
  createLambdaMetrics,
  type AnsweredRequest,
  type LambdaMetricsOptions,
  type RequestMetrics,
} from './request-metrics.ts';
export { originOf } from './request-origin.ts';
export type { TenancyOptions } from './tenancy-options.ts';
export { tenantApi, type TenantApiOptions } from './tenant-api.ts';
export type { TenantContext } from './tenant-context.ts';
export {
  createTenantEndpoint,
  type CallerInput,
  type EndpointInput,
  type TenantEndpoint,
  type TenantEndpointOptions,
} from './tenant-endpoint.ts';
export { tenantMiddleware, type TenantMiddleware } from './tenant-middleware.ts';
export {
  createTenantResolver,
  type TenantResolver,
  type TenantResolverOptions,
} from './tenant-resolver.ts';
export { toOpenApi, type OpenApiOptions } from './to-open-api.ts';
export {
  withTenant,
  type HttpHandler,
  type TenantHandler,
  type TenantLambdaContext,
} from './with-tenant.ts';
