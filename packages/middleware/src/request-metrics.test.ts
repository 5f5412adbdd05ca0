import { newTenantId } from '@tenantry/tenancy';
import { expect, test, vi } from 'vitest';
import { createLambdaMetrics } from './request-metrics.ts';

interface EmfLine {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
  readonly [name: string]: unknown;
}

function linesOf(fn: () => void): EmfLine[] {
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  fn();
  const lines = written.mock.calls.map(([text]) => JSON.parse(String(text)) as EmfLine);
  vi.restoreAllMocks();
  return lines;
}

function dimensionSetsOf(line: EmfLine): string[] {
  return line['_aws'].CloudWatchMetrics.flatMap(({ Dimensions }) =>
    Dimensions.map((names) => names.map((name) => `${name}=${String(line[name])}`).join(',')),
  );
}

const recordFor = (tenants: number) => () => {
  const metrics = createLambdaMetrics({ service: 'api' });
  for (let number = 0; number < tenants; number += 1) {
    for (const operation of ['GET /polls', 'POST /polls']) {
      metrics.record({
        tenantId: newTenantId(),
        operation,
        isolation: 'schema',
        status: 200,
        durationMs: 3,
        requestId: `r-${number}`,
      });
    }
  }
};

test('the number of dimension sets does not grow with the number of tenants', () => {
  const setsWith = (tenants: number) =>
    new Set(linesOf(recordFor(tenants)).flatMap(dimensionSetsOf)).size;
  expect(setsWith(1)).toBe(2);
  expect(setsWith(200)).toBe(2);
});

test('a line names its tenant and request beside the numbers', () => {
  const [line] = linesOf(recordFor(1));
  expect(line).toMatchObject({
    tenant_id: expect.stringMatching(/^[a-z0-9]{20}$/) as unknown,
    request_id: 'r-0',
    service: 'api',
    operation: 'GET /polls',
    Requests: 1,
    Failures: 0,
    Duration: 3,
  });
  expect(line?.['_aws'].CloudWatchMetrics[0]?.Namespace).toBe('Tenantry');
});
