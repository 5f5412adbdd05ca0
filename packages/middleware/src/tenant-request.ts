import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { entranceOf, type Entrance } from './request-origin.ts';

/** What of a request decides about its tenant, and what names it in logs. */
export interface TenantRequest {
  /** The host name as the gateway authenticated it. */
  readonly domainName: string | undefined;
  /** The host name as the client sent it; it must say the same. */
  readonly hostHeader: string | undefined;
  /** Where it came in; decides nothing but where a redirect leads. */
  readonly entrance: Entrance;
  readonly method: string;
  readonly path: string;
  /** What follows the `?`, as it was sent. */
  readonly queryString: string;
  readonly requestId: string;
  /** Names the request across services; made here when the caller sent none. */
  readonly correlationId: string;
}

/** The header in which a correlation id arrives and is given back. */
export const correlationHeader = 'x-correlation-id';

/** The facts of an event of an HTTP API (payload format 2.0). */
export function toTenantRequest(
  event: APIGatewayProxyEventV2,
  context: Pick<Context, 'awsRequestId'>,
): TenantRequest {
  const { headers, requestContext } = event;
  return {
    domainName: requestContext.domainName,
    hostHeader: headers['host'],
    entrance: entranceOf((name) => headers[name]),
    method: requestContext.http.method,
    path: event.rawPath,
    queryString: event.rawQueryString,
    requestId: context.awsRequestId,
    correlationId: correlationIdOf((name) => headers[name]),
  };
}

/** The id that the caller gave the request, else the one that AWS gave it, else a new one. One that could forge a log line is not taken. */
export function correlationIdOf(header: (name: string) => string | undefined): string {
  const given = [header(correlationHeader), header('x-amzn-trace-id')];
  return given.find((id) => id !== undefined && fitting.test(id)) ?? randomUUID();
}

const fitting = /^[\w.:;=/+@-]{1,200}$/;
