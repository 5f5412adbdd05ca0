import type { CloudFormation } from '../cloud-formation/cloud-formation.ts';
import type { DynamoDb } from '../dynamo-db/dynamo-db.ts';
import type { Sts } from '../iam/sts.ts';
import type { LambdaHost } from '../lambda/lambda-host.ts';
import type { SecretsStore } from '../secrets/secrets-store.ts';
import type { StepFunctions } from '../step-functions/step-functions.ts';
import { AwsError } from './aws-error.ts';
import type { AwsAnswer, AwsRequest } from './aws-request.ts';
import { handleInvoke } from './handle-invoke.ts';

/** The local services behind the endpoint; a request for one that is not there is answered as unknown. */
export interface AwsServices {
  readonly dataApi?: DataApiHandler;
  readonly secrets?: Pick<SecretsStore, 'handle'>;
  readonly stepFunctions?: Pick<StepFunctions, 'handle'>;
  readonly lambda?: Pick<LambdaHost, 'invoke'>;
  readonly dynamoDb?: Pick<DynamoDb, 'handle'>;
  readonly sts?: Sts;
  readonly cloudFormation?: Pick<CloudFormation, 'handle'>;
}

/** The RDS Data API: answers with status and body, or with `drop` to end the connection without an answer. */
export interface DataApiHandler {
  handle(path: string, body: unknown): Promise<DataApiAnswer | { readonly drop: true }>;
}

/** An answer of the Data API; the body is sent as JSON. */
export interface DataApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const dataApiPaths = new Set([
  '/Execute',
  '/BatchExecute',
  '/BeginTransaction',
  '/CommitTransaction',
  '/RollbackTransaction',
]);

const invocationPath = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/** Hands a request to the service it is meant for; throws `UnknownOperationException` when there is none. */
export async function route(
  services: AwsServices,
  request: AwsRequest,
): Promise<AwsAnswer | 'drop'> {
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return handleTarget(services, target, request);
  const { dataApi, lambda } = services;
  if (dataApiPaths.has(request.path) && dataApi) return handleDataApi(dataApi, request);
  const [, functionName] = invocationPath.exec(request.path) ?? [];
  if (functionName !== undefined && request.method === 'POST' && lambda) {
    return handleInvoke(lambda, decodeURIComponent(functionName), request);
  }
  const service = isForm(request) ? findFormService(services, request) : undefined;
  if (service !== undefined) return service.handle(request);
  throw unknownOperation(`${request.method} ${request.path}`);
}

/** Services of the older protocol are told apart by the version of their interface. */
function findFormService({ sts, cloudFormation }: AwsServices, { text }: AwsRequest) {
  const version = new URLSearchParams(text).get('Version');
  return version === '2010-05-15' ? cloudFormation : sts;
}

function isForm({ method, path, headers }: AwsRequest): boolean {
  const type = headers['content-type'] ?? '';
  return method === 'POST' && path === '/' && type.startsWith('application/x-www-form-urlencoded');
}

async function handleTarget(
  { secrets, stepFunctions, dynamoDb }: AwsServices,
  target: string,
  request: AwsRequest,
): Promise<AwsAnswer> {
  const [service, action = ''] = target.split('.');
  if (service === 'DynamoDB_20120810' && dynamoDb)
    return await dynamoDb.handle(action, { ...request, json: parseJson(request.text) });
  const handler =
    service === 'secretsmanager'
      ? secrets
      : service === 'AWSStepFunctions'
        ? stepFunctions
        : undefined;
  if (handler === undefined) throw unknownOperation(target);
  const answer = await handler.handle(action, parseJson(request.text));
  const contentType = request.headers['content-type'] ?? 'application/x-amz-json-1.1';
  return { status: 200, headers: { 'content-type': contentType }, body: JSON.stringify(answer) };
}

async function handleDataApi(
  dataApi: DataApiHandler,
  { path, text }: AwsRequest,
): Promise<AwsAnswer | 'drop'> {
  const answer = await dataApi.handle(path, parseJson(text));
  if ('drop' in answer) return 'drop';
  return { status: answer.status, headers: answer.headers, body: JSON.stringify(answer.body) };
}

/** The parser's own message would quote the body, and with it perhaps a secret. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text === '' ? '{}' : text) as unknown;
  } catch {
    throw new AwsError('SerializationException', 'The body is not JSON.');
  }
}

function unknownOperation(what: string): AwsError {
  return new AwsError(
    'UnknownOperationException',
    `There is no local service for ${what}. Local are: RDS Data, Secrets Manager, Step Functions, Lambda Invoke, DynamoDB's items, STS AssumeRole and CloudFormation's stacks.`,
    404,
  );
}
