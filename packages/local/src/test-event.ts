import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { newRequestId, toHttpEvent } from './gateway/http-event.ts';

/** A request as a test writes it. */
export interface TestEventRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  readonly host: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const route = { routeKey: '$default', functionArn: '' };
const api = {
  id: 'test',
  name: 'test',
  routes: [route],
  domains: [],
  defaultHost: '',
  isDefaultHostDisabled: true,
};

/** The request as the local gateway, and API Gateway, hand it to a function: payload format 2.0, route `$default`. */
export function toTestEvent(request: TestEventRequest): APIGatewayProxyEventV2 {
  const { method, target, host, headers, body } = request;
  return toHttpEvent(
    {
      method,
      target,
      protocol: 'HTTP/1.1',
      rawHeaders: Object.entries(headers).flat(),
      body: Buffer.from(body),
      sourceIp: '127.0.0.1',
      requestId: newRequestId(),
      accountId: '000000000000',
      port: 443,
    },
    { api, domainName: host, hostHeader: host, isDisabled: false },
    { route, pathParameters: {} },
  );
}
