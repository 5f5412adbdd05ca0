import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';

/** A request as a client sends it through the gateway. */
export interface TestRequest {
  readonly host: string;
  /** @default - what `host` says */
  readonly domainName?: string;
  /** @default 'GET' */
  readonly method?: string;
  /** @default '/' */
  readonly path?: string;
  readonly query?: string;
  readonly queryStringParameters?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The event that the HTTP API makes of a request. */
export function httpEvent(request: TestRequest): APIGatewayProxyEventV2 {
  const { host, domainName = host, method = 'GET', path = '/', query = '' } = request;
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    headers: { host, ...request.headers },
    queryStringParameters: request.queryStringParameters,
    requestContext: {
      domainName,
      http: { method, path, sourceIp: '127.0.0.1' },
      requestId: 'gateway-request',
    },
    isBase64Encoded: false,
  } as unknown as APIGatewayProxyEventV2;
}

/** Lambda's context of one invocation. */
export function lambdaContext(): Context {
  return { awsRequestId: 'lambda-request' } as Context;
}
