import { setImmediate } from 'node:timers/promises';
import type { LambdaHost } from '../lambda/lambda-host.ts';
import { AwsError } from './aws-error.ts';
import type { AwsAnswer, AwsRequest } from './aws-request.ts';

const maxPayloadBytes = 6_291_556;

/**
 * Lambda's `Invoke`: waits for the answer, or with the type `Event` answers at once; `DryRun` only accepts. Throws `AwsError` for an
 * unknown function or a payload that is not JSON or too large.
 */
export async function handleInvoke(
  lambda: Pick<LambdaHost, 'invoke'>,
  functionName: string,
  request: AwsRequest,
): Promise<AwsAnswer> {
  const payload = parsePayload(request.text);
  const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  const headers = { 'x-amz-executed-version': '$LATEST' };
  if (type === 'DryRun') return { status: 204, headers, body: '' };
  const invocation = lambda.invoke(functionName, payload);
  if (type === 'Event') return acceptEvent(invocation, headers);
  const result = await invocation;
  return {
    status: 200,
    headers: {
      ...headers,
      ...(result.functionError !== undefined && { 'x-amz-function-error': result.functionError }),
    },
    body: JSON.stringify(result.payload ?? null),
  };
}

/** An unknown function is refused; else nobody waits for the outcome, here as on AWS, and the function's log has it. */
async function acceptEvent(
  invocation: Promise<unknown>,
  headers: Record<string, string>,
): Promise<AwsAnswer> {
  await Promise.race([invocation, setImmediate()]);
  invocation.catch(() => undefined);
  return { status: 202, headers, body: '' };
}

function parsePayload(text: string): unknown {
  if (Buffer.byteLength(text) > maxPayloadBytes) {
    throw new AwsError(
      'RequestTooLargeException',
      `${Buffer.byteLength(text)} byte payload is too large; the limit is ${maxPayloadBytes}.`,
      413,
    );
  }
  try {
    return JSON.parse(text === '' ? '{}' : text) as unknown;
  } catch {
    throw new AwsError('InvalidRequestContentException', 'Could not parse request body into json.');
  }
}
