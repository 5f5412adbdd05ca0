import { AwsError } from '../aws/aws-error.ts';
import type { AwsAnswer, AwsRequest } from '../aws/aws-request.ts';
import { toErrorAnswer, toResultAnswer } from '../aws/query-protocol.ts';
import { applyDesign } from './apply-design.ts';
import { assertCallerMay, type StackRights } from './assert-caller-may.ts';
import { validationError } from './read-template.ts';
import type { StackGround } from './stack-ground.ts';
import { stackOperations, type OperationContext } from './stack-operations.ts';
import { standingStatuses, type StackRecord } from './stack-record.ts';
import { createStackWork, type StackWork } from './stack-work.ts';

/** What CloudFormation works with. */
export interface CloudFormationOptions extends Pick<
  OperationContext,
  'assetFiles' | 'platformStackName'
> {
  readonly ground: StackGround;
  readonly rights: StackRights;
  /** Gets what cannot be told in a stack itself. */
  readonly writeLog: (line: string) => void;
}

/** CloudFormation on a laptop: makes, changes and removes stacks beside the one of the assembly, from templates that are its file assets. */
export interface CloudFormation {
  /** Answers a request of the Query protocol in XML, errors too; what the template does not let the caller do is denied. */
  handle(request: Pick<AwsRequest, 'headers' | 'text'>): AwsAnswer;
  /** Runs again what there was at the last end, and goes on with what was under way; `onProgress` gets a line for each stack. */
  bringBack(onProgress?: (line: string) => void): Promise<void>;
  /** Takes no more requests, and waits for what is under way. */
  close(): Promise<void>;
}

const namespace = 'http://cloudformation.amazonaws.com/doc/2010-05-15/';

/** CloudFormation over the local services. */
export function createCloudFormation(options: CloudFormationOptions): CloudFormation {
  const { ground, assetFiles, platformStackName, writeLog } = options;
  const work = createStackWork(ground, writeLog);
  const { place, store } = ground;
  const context = { place, store, work, assetFiles, platformStackName };
  let isClosed = false;
  return {
    handle: ({ headers, text }) => {
      try {
        if (isClosed) throw new AwsError('ServiceUnavailable', 'The system is closing.', 503);
        const { operation, action, form } = parseRequest(text);
        const resource = findResource(form, context);
        assertCallerMay({ headers, action, form, resource }, options.rights);
        return toResultAnswer(namespace, action, operation.run(form, context));
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        return toErrorAnswer(namespace, error);
      }
    },
    bringBack: async (onProgress) => {
      const records = store.list();
      await ground.code.sweep(
        records
          .flatMap(({ design, nextDesign }) => [design, nextDesign ?? []].flat())
          .map(({ template }) => template),
      );
      await Promise.all(records.map((record) => bringBack(record, { ground, onProgress })));
      for (const record of records) goOn(record, work);
    },
    close: async () => {
      isClosed = true;
      await work.settle();
    },
  };
}

function parseRequest(text: string) {
  const form = new URLSearchParams(text);
  const action = form.get('Action') ?? '';
  const operation = Object.hasOwn(stackOperations, action) ? stackOperations[action] : undefined;
  if (operation === undefined)
    throw new AwsError('InvalidAction', `There is no local service for CloudFormation ${action}.`);
  const known = new Set(['Action', 'Version', ...operation.fields]);
  const unknown = [...form.keys()].find((name) => !known.has(name.split('.', 1)[0] ?? name));
  if (unknown !== undefined)
    throw validationError(`${unknown} of ${action} is not understood by the local CloudFormation`);
  return { operation, action, form };
}

/** The ARN that rights are about: of the stack, or of any with its name when there is none yet. */
function findResource(form: URLSearchParams, { store, place }: OperationContext): string {
  const name = form.get('StackName');
  if (name === null) return '*';
  if (name.startsWith('arn:')) return name;
  const { region, accountId } = place;
  return store.find(name)?.id ?? `arn:aws:cloudformation:${region}:${accountId}:stack/${name}/*`;
}

interface ReturnContext {
  readonly ground: StackGround;
  readonly onProgress: ((line: string) => void) | undefined;
}

/** One stack that cannot be brought back does not keep the others from running. */
async function bringBack(record: StackRecord, context: ReturnContext): Promise<void> {
  if (!standingStatuses.has(record.status)) return;
  const { ground, onProgress } = context;
  try {
    const { servers } = await applyDesign(record, record.design, ground);
    for (const { host, port } of servers)
      onProgress?.(`stack ${record.name}: PostgreSQL on ${host}:${port}`);
  } catch (error) {
    onProgress?.(`stack ${record.name} could not be brought back: ${(error as Error).message}`);
  }
}

/** What a kill interrupted is done again from its beginning. */
function goOn(record: StackRecord, work: StackWork): void {
  switch (record.status) {
    case 'CREATE_IN_PROGRESS':
      return work.create(record);
    case 'ROLLBACK_IN_PROGRESS':
      return work.rollBack(record);
    case 'UPDATE_IN_PROGRESS':
    case 'UPDATE_ROLLBACK_IN_PROGRESS':
      return work.update(record);
    case 'DELETE_IN_PROGRESS':
      return work.remove(record);
    default:
  }
}
