import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

/** What is known of a request once it is answered. */
export interface AnsweredRequest {
  readonly tenantId: string;
  /** Method and path as the endpoint declares it; never the path of the request, of which there are too many. */
  readonly operation: string;
  readonly isolation: string;
  readonly status: number;
  readonly durationMs: number;
  readonly requestId: string;
}

/** Where the numbers about requests go. */
export interface RequestMetrics {
  record(request: AnsweredRequest): void;
}

/** Under which name metrics appear in CloudWatch. */
export interface LambdaMetricsOptions {
  /** @default 'Tenantry' */
  readonly namespace?: string;
  readonly service: string;
}

/**
 * Metrics as lines of the function's log (embedded metric format): `Requests`, `Failures` (status 500 and above) and `Duration`.
 *
 * CloudWatch bills each combination of dimensions, so dimensions are service, operation and isolation only. The tenant's id is metadata
 * of the line: Logs Insights finds it, and no tenant adds to the bill.
 *
 * @example
 * const metrics = createLambdaMetrics({ service: 'api' });
 */
export function createLambdaMetrics(options: LambdaMetricsOptions): RequestMetrics {
  const { namespace = 'Tenantry', service } = options;
  const metrics = new Metrics({ namespace, serviceName: service });
  return {
    // Nothing waits in here, so that requests side by side cannot mix up what is collected.
    record: (request) => {
      metrics.addDimensions({ operation: request.operation, isolation: request.isolation });
      metrics.addMetadata('tenant_id', request.tenantId);
      metrics.addMetadata('request_id', request.requestId);
      metrics.addMetric('Requests', MetricUnit.Count, 1);
      metrics.addMetric('Failures', MetricUnit.Count, request.status >= 500 ? 1 : 0);
      metrics.addMetric('Duration', MetricUnit.Milliseconds, request.durationMs);
      metrics.publishStoredMetrics();
    },
  };
}
