import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { mockClient, type AwsClientStub } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exitCodes } from '../exit-codes.ts';
import { AwsPlatform } from './aws-platform.ts';

const bytes = (value: unknown) =>
  Object.assign(new TextEncoder().encode(JSON.stringify(value)), {
    transformToString: () => JSON.stringify(value),
  });

let lambda: AwsClientStub<LambdaClient>;

beforeEach(() => {
  lambda = mockClient(LambdaClient);
});

afterEach(() => lambda.restore());

function openPlatform(): AwsPlatform {
  return new AwsPlatform({
    stage: 'prod',
    region: 'eu-west-1',
    signal: new AbortController().signal,
  });
}

test('an action is an invocation of the control function of the stage', async () => {
  lambda.on(InvokeCommand).resolves({ Payload: bytes({ ok: true, result: { tenants: [] } }) });

  const result = await openPlatform().call('list-tenants', {});

  expect(result).toEqual({ tenants: [] });
  expect(lambda.commandCalls(InvokeCommand)[0]?.args[0].input).toEqual({
    FunctionName: 'tenantry-prod-control',
    Payload: '{"action":"list-tenants","input":{}}',
  });
});

test('an answer that is a refusal throws it with its exit code', async () => {
  const error = { code: 'DOMAIN_TAKEN', message: 'taken', next: 'tenantry tenant list' };
  lambda.on(InvokeCommand).resolves({ Payload: bytes({ ok: false, error }) });

  await expect(openPlatform().call('list-tenants', {})).rejects.toMatchObject({
    code: 'DOMAIN_TAKEN',
    exitCode: exitCodes.conflict,
    next: ['tenantry tenant list'],
  });
});

test('a control function that failed is named with the error', async () => {
  lambda.on(InvokeCommand).resolves({
    FunctionError: 'Unhandled',
    Payload: bytes({ errorType: 'TypeError', errorMessage: 'x is undefined' }),
  });

  await expect(openPlatform().call('list-tenants', {})).rejects.toMatchObject({
    code: 'CONTROL_FAILED',
    where: 'tenantry-prod-control',
    why: 'TypeError: x is undefined',
  });
});

test.each([
  ['AccessDeniedException', 'NOT_ALLOWED', exitCodes.notAllowed],
  ['ResourceNotFoundException', 'STAGE_NOT_DEPLOYED', exitCodes.failed],
  ['CredentialsProviderError', 'CREDENTIALS_MISSING', exitCodes.notAllowed],
  ['TimeoutError', 'SYSTEM_UNREACHABLE', exitCodes.failed],
])('AWS says %s, the command says %s', async (name, code, exitCode) => {
  lambda.on(InvokeCommand).rejects(Object.assign(new Error('no'), { name }));

  await expect(openPlatform().call('list-tenants', {})).rejects.toMatchObject({
    code,
    exitCode,
    where: 'stage prod, eu-west-1',
    why: `${name}: no`,
  });
});

test('a refused connection is a system that does not answer', async () => {
  const refused = Object.assign(new Error('connect'), { name: 'Error', code: 'ECONNREFUSED' });
  lambda.on(InvokeCommand).rejects(refused);

  await expect(openPlatform().call('list-tenants', {})).rejects.toMatchObject({
    code: 'SYSTEM_UNREACHABLE',
  });
});

test('an error that has no explanation comes through unchanged', async () => {
  const odd = new Error('odd');
  lambda.on(InvokeCommand).rejects(odd);

  await expect(openPlatform().call('list-tenants', {})).rejects.toBe(odd);
});

test('an interruption ends the call', async () => {
  lambda.restore();
  const controller = new AbortController();
  controller.abort();
  const platform = new AwsPlatform({
    stage: 'local',
    region: 'us-east-1',
    endpoint: 'http://127.0.0.1:9',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    signal: controller.signal,
  });

  await expect(platform.call('list-tenants', {})).rejects.toMatchObject({
    code: 'INTERRUPTED',
    exitCode: exitCodes.interrupted,
  });
});
