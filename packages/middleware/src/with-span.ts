import { SpanStatusCode, trace, type Attributes, type Span } from '@opentelemetry/api';

/** Runs `fn` inside a span of OpenTelemetry; without an SDK in the process it costs next to nothing. Messages of errors stay out of it. */
export async function withSpan<Result>(
  name: string,
  attributes: Attributes,
  fn: (setAttributes: (more: Attributes) => void) => Promise<Result>,
): Promise<Result> {
  return await trace.getTracer('tenantry').startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await fn((more) => span.setAttributes(more));
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: nameOf(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** A span for work that is not one function; end it. */
export function startSpan(name: string, attributes: Attributes): Span {
  return trace.getTracer('tenantry').startSpan(name, { attributes });
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'not an error';
}
