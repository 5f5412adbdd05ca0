import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LocalApi } from '../assembly/local-stack.ts';
import { startGateway, type Gateway } from './start-gateway.ts';

const accountId = '000000000000';
const tenantFunction = `arn:aws:lambda:us-east-1:${accountId}:function:api`;
const siteFunction = `arn:aws:lambda:us-east-1:${accountId}:function:site`;

function apiOf(id: string, domain: string, functionArn: string): LocalApi {
  return {
    id,
    name: id,
    routes: [{ routeKey: '$default', functionArn }],
    domains: [domain],
    defaultHost: `${id}.execute-api.us-east-1.amazonaws.com`,
    isDefaultHostDisabled: true,
  };
}

interface Received {
  functionArn: string;
  event: Record<string, unknown> & {
    headers: Record<string, string>;
    requestContext: Record<string, unknown>;
  };
}

let gateway: Gateway;
let received: Received[] = [];
let logLines: string[] = [];
let laterApis: LocalApi[] = [];
let answer: (event: Received['event']) => Promise<unknown> = () => Promise.resolve({ ok: true });

beforeAll(async () => {
  gateway = await startGateway({
    port: 0,
    accountId,
    apis: () => [
      apiOf('tenantapi0', '*.example.com', tenantFunction),
      apiOf('siteapi000', 'example.com', siteFunction),
      { ...apiOf('openapi000', 'open.test', siteFunction), isDefaultHostDisabled: false },
      ...laterApis,
    ],
    integrationTimeoutMs: 200,
    writeLog: (line) => logLines.push(line),
    invoke: async (functionArn, payload) => {
      const event = payload as Received['event'];
      received.push({ functionArn, event });
      return { payload: await answer(event) };
    },
  });
});

afterAll(async () => {
  await gateway.close();
});

interface RawAnswer {
  status: number;
  head: string;
  body: string;
}

/** Sends bytes as they are and reads until the gateway closes the connection. */
async function send(text: string): Promise<RawAnswer> {
  received = [];
  logLines = [];
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  const socket = connect(gateway.port, '127.0.0.1', () =>
    socket.write(Buffer.from(text, 'latin1')),
  );
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', reject);
  socket.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
  const reply = await promise;
  const [head = '', ...body] = reply.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), head, body: body.join('\r\n\r\n') };
}

function withHost(...hosts: string[]): string {
  const lines = hosts.map((host) => `Host: ${host}\r\n`).join('');
  return `GET /polls HTTP/1.1\r\n${lines}Connection: close\r\n\r\n`;
}

const noSuchHost =
  '{"type":"about:blank","title":"Not Found","status":404,"code":"TENANT_NOT_FOUND","detail":"No such host."}';

/** What became of a request: the answer, and how many functions were called for it. */
async function outcome(text: string): Promise<object> {
  const { status, head, body } = await send(text);
  const contentType = /content-type: (.*)/i.exec(head)?.[1];
  return { status, body, contentType, calls: received.length };
}

const nowhere = {
  status: 404,
  body: noSuchHost,
  contentType: 'application/problem+json',
  calls: 0,
};

test.each([
  'acme.example.com',
  'ACME.example.com',
  'acme.example.com.',
  'acme.example.com:443',
  'acme.example.com.:443',
])('the name %s leads to acme', async (host) => {
  const reply = await send(withHost(host));
  expect(reply.status).toBe(200);
  expect(received[0]?.functionArn).toBe(tenantFunction);
  expect(received[0]?.event.requestContext['domainName']).toBe('acme.example.com');
  expect(received[0]?.event.headers['host']).toBe(host);
});

test("the gateway's own port stands in for 443 and is not shown to the function", async () => {
  await send(withHost(`Acme.example.com:${gateway.port}`));
  expect(received[0]?.event.headers['host']).toBe('Acme.example.com');
  expect(received[0]?.event.requestContext['domainName']).toBe('acme.example.com');
});

test('an API that comes later is served, and an exact name wins over a pattern', async () => {
  const ownFunction = tenantFunction.replace('api', 'own');
  laterApis = [apiOf('ownapi0000', 'acme.example.com', ownFunction)];
  await send(withHost('acme.example.com'));
  expect(received[0]?.functionArn).toBe(ownFunction);
  await send(withHost('other.example.com'));
  expect(received[0]?.functionArn).toBe(tenantFunction);
  laterApis = [];
  await send(withHost('acme.example.com'));
  expect(received[0]?.functionArn).toBe(tenantFunction);
});

test('the main domain leads to the site', async () => {
  await send(withHost('example.com'));
  expect(received[0]?.functionArn).toBe(siteFunction);
});

test.each([
  ['a port that is not its own', 'acme.example.com:8080'],
  ['two ports', 'acme.example.com:443:443'],
  ['two trailing dots', 'acme.example.com..'],
  ['a deeper name', 'a.b.example.com'],
  ['an IPv4 address', '127.0.0.1'],
  ['an IPv6 address', '[::1]'],
  ['nothing', ''],
  ['a dot', '.'],
  ['an empty label', '.example.com'],
  ['another domain', 'acme.example.org'],
  ['a suffix of another domain', 'acmeexample.com'],
  ['a full-width letter', 'ａcme.example.com'],
  ['an ideographic dot', 'acme。example.com'],
  ['a soft hyphen', 'ac\u00ADme.example.com'],
  ['a latin-1 letter', 'acm\u00e9.example.com'],
  ['a percent-encoded dot', 'acme%2eexample.com'],
  ['a tab', 'acme\t.example.com'],
  ['a blank', 'acme .example.com'],
  ['a NUL', 'acme\0.example.com'],
  ['a control character', 'acme\x01.example.com'],
  ['a comma list', 'acme.example.com,evil.com'],
  ['a comma list of tenants', 'acme.example.com, potter.example.com'],
  ['userinfo', 'acme.example.com@evil.com'],
  ['userinfo before the name', 'user@acme.example.com'],
  ['a path', 'evil.com/acme.example.com'],
  ['a scheme', 'http://acme.example.com'],
  ['an underscore', '_dmarc.example.com'],
  ['a hyphen at the end', 'acme-.example.com'],
  ['a label of 64 characters', `${'a'.repeat(64)}.example.com`],
  ['a name of 300 characters', `${'a'.repeat(300)}.example.com`],
])('%s as the host leads nowhere', async (_, host) => {
  expect(await outcome(withHost(Buffer.from(host, 'utf8').toString('latin1')))).toEqual(nowhere);
});

test('two Host headers lead nowhere, also when they are equal', async () => {
  expect(await outcome(withHost('acme.example.com', 'evil.com'))).toEqual(nowhere);
  expect(await outcome(withHost('acme.example.com', 'acme.example.com'))).toEqual(nowhere);
});

test('a second Host header after two thousand others is seen', async () => {
  const filler = 'a:\r\n'.repeat(2100);
  expect(
    await outcome(
      `GET / HTTP/1.1\r\nHost: acme.example.com\r\n${filler}Host: evil.com\r\nConnection: close\r\n\r\n`,
    ),
  ).toEqual(nowhere);
});

test('a Host line folded over two lines leads nowhere', async () => {
  expect(
    await outcome('GET / HTTP/1.1\r\nHost: acme\r\n .example.com\r\nConnection: close\r\n\r\n'),
  ).toEqual(nowhere);
});

test('a blank before the colon of the Host line leads nowhere', async () => {
  expect(
    await outcome('GET / HTTP/1.1\r\nHost : acme.example.com\r\nConnection: close\r\n\r\n'),
  ).toEqual(nowhere);
});

test('a missing Host header leads nowhere, in HTTP/1.0 too', async () => {
  expect(await outcome('GET / HTTP/1.1\r\nConnection: close\r\n\r\n')).toEqual(nowhere);
  expect(await outcome('GET / HTTP/1.0\r\n\r\n')).toEqual(nowhere);
});

test('an absolute URI in the request line leads nowhere', async () => {
  const rest = 'HTTP/1.1\r\nHost: acme.example.com\r\nConnection: close\r\n\r\n';
  expect(await outcome(`GET http://potter.example.com/polls ${rest}`)).toEqual(nowhere);
  expect(await outcome(`GET http://acme.example.com/polls ${rest}`)).toEqual(nowhere);
  expect(await outcome(`OPTIONS * ${rest}`)).toEqual(nowhere);
});

test('headers that name another host mean nothing and are passed on', async () => {
  await send(
    'GET / HTTP/1.1\r\nHost: acme.example.com\r\nX-Forwarded-Host: potter.example.com\r\n' +
      'Forwarded: host=potter.example.com\r\nX-Original-Host: potter.example.com\r\nConnection: close\r\n\r\n',
  );
  expect(received[0]?.event.requestContext['domainName']).toBe('acme.example.com');
  expect(received[0]?.event.headers['x-forwarded-host']).toBe('potter.example.com');
});

test('the default endpoint answers 403 when it is disabled', async () => {
  const reply = await send(withHost('tenantapi0.execute-api.us-east-1.amazonaws.com'));
  expect(reply.status).toBe(403);
  expect(reply.body).toBe('{"message":"Forbidden"}');
  expect(received).toEqual([]);
  await send(withHost('openapi000.execute-api.us-east-1.amazonaws.com'));
  expect(received).toHaveLength(1);
});

test('a malformed request that says nothing wrong about the host gets 400', async () => {
  const reply = await send('GET / HTTP/1.1\r\nHost: acme.example.com\r\nBad Header: x\r\n\r\n');
  expect(reply.status).toBe(400);
  expect((await send('nonsense\r\n\r\n')).status).toBe(400);
});

test('a path that cannot be decoded gets 400', async () => {
  const reply = await send(
    'GET /%zz HTTP/1.1\r\nHost: acme.example.com\r\nConnection: close\r\n\r\n',
  );
  expect(reply.status).toBe(400);
});

test('headers of more than 10,240 bytes get 431', async () => {
  const reply = await send(
    `GET / HTTP/1.1\r\nHost: acme.example.com\r\nX: ${'x'.repeat(10_300)}\r\nConnection: close\r\n\r\n`,
  );
  expect(reply.status).toBe(431);
});

test('a body of more than 10 MB gets 413 without being read', async () => {
  const reply = await send(
    'POST / HTTP/1.1\r\nHost: acme.example.com\r\nContent-Length: 10485761\r\nConnection: close\r\n\r\n',
  );
  expect(reply.status).toBe(413);
  expect(received).toEqual([]);
});

test('the event has the shape of payload format 2.0', async () => {
  await send(
    'POST /a%20b/c?x=1&x=2&y=%20 HTTP/1.1\r\nHost: acme.example.com\r\nCookie: a=1; b=2\r\n' +
      'X-Many: 1\r\nX-Many: 2\r\nUser-Agent: test\r\nContent-Type: application/json\r\n' +
      'Content-Length: 2\r\nConnection: close\r\n\r\n{}',
  );
  expect(received[0]?.event).toMatchObject({
    version: '2.0',
    routeKey: '$default',
    rawPath: '/a b/c',
    rawQueryString: 'x=1&x=2&y=%20',
    cookies: ['a=1', 'b=2'],
    headers: {
      'x-many': '1,2',
      'content-type': 'application/json',
      'x-forwarded-for': '127.0.0.1',
    },
    queryStringParameters: { x: '1,2', y: ' ' },
    requestContext: {
      accountId,
      apiId: 'tenantapi0',
      domainPrefix: 'acme',
      stage: '$default',
      http: { method: 'POST', path: '/a b/c', protocol: 'HTTP/1.1', userAgent: 'test' },
    },
    body: '{}',
    isBase64Encoded: false,
  });
  expect(received[0]?.event).not.toHaveProperty('pathParameters');
  expect(received[0]?.event.headers).not.toHaveProperty('cookie');
  expect(received[0]?.event.requestContext['time']).toMatch(
    /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/,
  );
});

test('a body that is not declared as text comes as base64', async () => {
  await send(
    'POST / HTTP/1.1\r\nHost: acme.example.com\r\nContent-Type: application/octet-stream\r\n' +
      'Content-Length: 2\r\nConnection: close\r\n\r\n\x00\xff',
  );
  expect(received[0]?.event).toMatchObject({ body: 'AP8=', isBase64Encoded: true });
});

test('a structured result becomes the answer with its cookies', async () => {
  answer = () =>
    Promise.resolve({
      statusCode: 201,
      headers: { Location: '/polls/1', 'Content-Length': 999 },
      cookies: ['a=1', 'b=2'],
      body: Buffer.from('grün').toString('base64'),
      isBase64Encoded: true,
    });
  const reply = await send(withHost('acme.example.com'));
  expect(reply.status).toBe(201);
  expect(reply.body).toBe('grün');
  expect(reply.head).toMatch(/location: \/polls\/1/);
  expect(reply.head).toMatch(/set-cookie: a=1\r\nset-cookie: b=2/);
  expect(reply.head).toMatch(/content-length: 5/);
});

test.each([
  [{ id: 7 }, '{"id":7}'],
  ['plain', 'plain'],
  [null, 'null'],
])('a result without statusCode becomes a 200 in JSON', async (result, body) => {
  answer = () => Promise.resolve(result);
  const reply = await send(withHost('acme.example.com'));
  expect(reply.status).toBe(200);
  expect(reply.head).toContain('content-type: application/json');
  expect(reply.body).toBe(body);
});

test.each([[{ statusCode: 'abc' }], [{ statusCode: 200, body: { not: 'text' } }]])(
  'a result that fits no format becomes a 500',
  async (result) => {
    answer = () => Promise.resolve(result);
    const reply = await send(withHost('acme.example.com'));
    expect(reply.status).toBe(500);
    expect(reply.body).toBe('{"message":"Internal Server Error"}');
  },
);

test('a header that HTTP does not allow becomes a 500 and a line in the log', async () => {
  answer = () => Promise.resolve({ statusCode: 200, headers: { 'x-bad': 'a\r\nset-cookie: b' } });
  const reply = await send(withHost('acme.example.com'));
  expect(reply.status).toBe(500);
  expect(reply.head).not.toContain('set-cookie');
  expect(logLines).toHaveLength(1);
});

test('an invocation that cannot be made becomes a 500 and a line in the log', async () => {
  answer = () => Promise.reject(new Error('no such function'));
  const reply = await send(withHost('acme.example.com'));
  expect(reply.status).toBe(500);
  expect(reply.body).not.toContain('no such function');
  expect(logLines[0]).toContain('no such function');
});

test('a function that does not answer in time becomes a 503', async () => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  answer = () => promise;
  const reply = await send(withHost('acme.example.com'));
  resolve({});
  expect(reply.status).toBe(503);
  expect(reply.body).toBe('{"message":"Service Unavailable"}');
});

test('HEAD is answered without a body', async () => {
  answer = () => Promise.resolve({ statusCode: 200, body: 'hello' });
  const reply = await send(
    'HEAD / HTTP/1.1\r\nHost: acme.example.com\r\nConnection: close\r\n\r\n',
  );
  expect(reply.head).toContain('content-length: 5');
  expect(reply.body).toBe('');
});

test('HTTP/1.0 is answered and the connection closed', async () => {
  answer = () => Promise.resolve('hello');
  const reply = await send('GET / HTTP/1.0\r\nHost: acme.example.com\r\n\r\n');
  expect(reply.status).toBe(200);
  expect(reply.body).toBe('hello');
});

test('one connection carries requests to several hosts, each one matched anew', async () => {
  answer = (event) => Promise.resolve(event.requestContext['domainName']);
  const reply = await send(
    'GET / HTTP/1.1\r\nHost: acme.example.com\r\n\r\n' +
      'GET / HTTP/1.1\r\nHost: unknown.org\r\n\r\n' +
      'GET / HTTP/1.1\r\nHost: potter.example.com\r\nConnection: close\r\n\r\n',
  );
  expect(received.map(({ event }) => event.requestContext['domainName'])).toEqual([
    'acme.example.com',
    'potter.example.com',
  ]);
  expect(reply.body).toContain('No such host.');
});

test('a client that goes away in the middle of a body does no harm', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = connect(gateway.port, '127.0.0.1', () => {
    socket.write(
      'POST / HTTP/1.1\r\nHost: acme.example.com\r\nContent-Length: 100\r\n\r\nhalf',
      () => socket.destroy(),
    );
  });
  socket.on('close', () => resolve());
  await promise;
  answer = () => Promise.resolve('still here');
  expect((await send(withHost('acme.example.com'))).body).toBe('still here');
  expect(logLines).toEqual([]);
});

test('a port that is taken is named with the option that chooses another', async () => {
  const options = {
    port: gateway.port,
    apis: () => [],
    accountId,
    invoke: () => Promise.reject(new Error()),
  };
  await expect(startGateway(options)).rejects.toMatchObject({
    code: 'LOCAL_PORT_TAKEN',
    message: expect.stringContaining(String(gateway.port)) as string,
    next: expect.stringContaining('--port') as string,
  });
});
