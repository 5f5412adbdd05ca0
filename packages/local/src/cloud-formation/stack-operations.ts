import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { AwsError } from '../aws/aws-error.ts';
import { readMembers } from '../aws/query-protocol.ts';
import { assertCapable, chooseParameters, readTemplate, validationError } from './read-template.ts';
import { describeEvents, describeStack } from './stack-answers.ts';
import type { StackPlace } from './stack-ground.ts';
import type { StackDesign, StackRecord, StackStatus } from './stack-record.ts';
import type { StackStore } from './stack-store.ts';
import type { StackWork } from './stack-work.ts';

/** What the operations work on. */
export interface OperationContext {
  readonly place: StackPlace;
  readonly store: StackStore;
  readonly work: StackWork;
  /** The file assets of the assembly, by hash. */
  readonly assetFiles: ReadonlyMap<string, string>;
  /** Name of the assembly's own stack, which no other can have. */
  readonly platformStackName: string;
}

/** An operation of CloudFormation. */
export interface StackOperation {
  /** The fields of a request that are understood; any other is refused. */
  readonly fields: readonly string[];
  /** Answers a request. Throws `AwsError`. */
  readonly run: (form: URLSearchParams, context: OperationContext) => object;
}

/** The operations that there are here, by name. */
export const stackOperations: Readonly<Record<string, StackOperation>> = {
  CreateStack: {
    fields: [
      'StackName',
      'TemplateURL',
      'Parameters',
      'Tags',
      'RoleARN',
      'Capabilities',
      'EnableTerminationProtection',
      'ClientRequestToken',
    ],
    run: createStack,
  },
  UpdateStack: {
    fields: [
      'StackName',
      'TemplateURL',
      'UsePreviousTemplate',
      'Parameters',
      'Tags',
      'RoleARN',
      'Capabilities',
      'ClientRequestToken',
    ],
    run: updateStack,
  },
  DeleteStack: { fields: ['StackName', 'RoleARN', 'ClientRequestToken'], run: deleteStack },
  DescribeStacks: { fields: ['StackName'], run: describeStacks },
  DescribeStackEvents: {
    fields: ['StackName'],
    run: (form, context) => ({ StackEvents: describeEvents(getStack(form, context)) }),
  },
  UpdateTerminationProtection: {
    fields: ['StackName', 'EnableTerminationProtection'],
    run: updateTerminationProtection,
  },
};

function createStack(form: URLSearchParams, context: OperationContext): object {
  const { store, work, place, platformStackName } = context;
  const name = parseName(form);
  const token = form.get('ClientRequestToken') ?? undefined;
  const existing = store.find(name);
  if (existing !== undefined && token !== undefined && existing.token === token)
    return { StackId: existing.id };
  if (existing !== undefined || name === platformStackName)
    throw new AwsError('AlreadyExistsException', `Stack [${name}] already exists`);
  const record: StackRecord = {
    v: 1,
    id: `arn:aws:cloudformation:${place.region}:${place.accountId}:stack/${name}/${randomUUID()}`,
    name,
    status: 'CREATE_IN_PROGRESS',
    createdAt: Date.now(),
    isProtected: form.get('EnableTerminationProtection') === 'true',
    token,
    design: readDesign(form, context),
    secrets: [],
    outputs: {},
    events: [],
  };
  store.change(record, { status: 'CREATE_IN_PROGRESS', reason: 'User Initiated' });
  work.create(record);
  return { StackId: record.id };
}

const updatable: ReadonlySet<StackStatus> = new Set([
  'CREATE_COMPLETE',
  'UPDATE_COMPLETE',
  'UPDATE_ROLLBACK_COMPLETE',
]);

function updateStack(form: URLSearchParams, context: OperationContext): object {
  const record = getStack(form, context);
  const { id, status, design } = record;
  if (!updatable.has(status))
    throw validationError(`Stack:${id} is in ${status} state and can not be updated.`);
  const nextDesign = readDesign(form, context, design);
  if (isDeepStrictEqual({ ...nextDesign, roleArn: design.roleArn }, design))
    throw validationError('No updates are to be performed.');
  record.nextDesign = nextDesign;
  record.updatedAt = Date.now();
  context.store.change(record, { status: 'UPDATE_IN_PROGRESS', reason: 'User Initiated' });
  context.work.update(record);
  return { StackId: id };
}

function deleteStack(form: URLSearchParams, { store, work }: OperationContext): object {
  const record = store.find(getField(form, 'StackName'));
  if (record === undefined || record.deletedAt !== undefined) return {};
  if (record.isProtected)
    throw validationError(
      `Stack [${record.name}] cannot be deleted while TerminationProtection is enabled`,
    );
  if (record.status === 'DELETE_IN_PROGRESS') return {};
  store.change(record, { status: 'DELETE_IN_PROGRESS', reason: 'User Initiated' });
  work.remove(record);
  return {};
}

function describeStacks(form: URLSearchParams, { store }: OperationContext): object {
  const name = form.get('StackName');
  if (name === null) return { Stacks: store.list().map(describeStack) };
  const record = store.find(name);
  if (record === undefined) throw validationError(`Stack with id ${name} does not exist`);
  return { Stacks: [describeStack(record)] };
}

function updateTerminationProtection(form: URLSearchParams, context: OperationContext): object {
  const record = getStack(form, context);
  record.isProtected = getField(form, 'EnableTerminationProtection') === 'true';
  context.store.save(record);
  return { StackId: record.id };
}

/** What the request wants the stack to be made from; what it leaves out stays as it was. */
function readDesign(
  form: URLSearchParams,
  { assetFiles }: OperationContext,
  previous?: StackDesign,
): StackDesign {
  const isPrevious = form.get('UsePreviousTemplate') === 'true' && previous !== undefined;
  const template = isPrevious
    ? previous.template
    : readTemplate(getField(form, 'TemplateURL'), assetFiles);
  const capabilities = readMembers(form, 'Capabilities').map((member) => member[''] ?? '');
  assertCapable(template, new Set(capabilities));
  const tags = readMembers(form, 'Tags').map(({ Key = '', Value = '' }) => [Key, Value] as const);
  return {
    template,
    parameters: chooseParameters(template, readParameters(form, previous)),
    tags: tags.length === 0 ? (previous?.tags ?? {}) : Object.fromEntries(tags),
    roleArn: form.get('RoleARN') ?? previous?.roleArn,
  };
}

function readParameters(
  form: URLSearchParams,
  previous: StackDesign | undefined,
): Record<string, string> {
  const members = readMembers(form, 'Parameters').flatMap((member) => {
    const { ParameterKey = '', ParameterValue, UsePreviousValue } = member;
    const value = UsePreviousValue === 'true' ? previous?.parameters[ParameterKey] : ParameterValue;
    return value === undefined ? [] : [[ParameterKey, value] as const];
  });
  return Object.fromEntries(members);
}

/** The stack that a request names. Throws `ValidationError`. */
function getStack(form: URLSearchParams, { store }: OperationContext): StackRecord {
  const name = getField(form, 'StackName');
  const record = store.find(name);
  if (record === undefined || record.deletedAt !== undefined)
    throw validationError(`Stack [${name}] does not exist`);
  return record;
}

function parseName(form: URLSearchParams): string {
  const name = getField(form, 'StackName');
  if (/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/.test(name)) return name;
  throw validationError(
    `1 validation error detected: Value '${name}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`,
  );
}

function getField(form: URLSearchParams, field: string): string {
  const value = form.get(field);
  if (value !== null && value !== '') return value;
  throw validationError(
    `1 validation error detected: Value null at '${field}' failed to satisfy constraint: Member must not be null`,
  );
}
