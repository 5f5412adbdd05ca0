import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { AwsError } from '../aws/aws-error.ts';
import { findString, getString, parseRequestBody } from '../aws/request-body.ts';
import type { RequestBody } from '../aws/request-body.ts';
import type { LambdaHost } from '../lambda/lambda-host.ts';
import { compileMachine } from './compile-machine.ts';
import type { CompiledMachine } from './compile-machine.ts';
import { Execution } from './execution.ts';
import type { ExecutionRecord } from './execution-record.ts';
import { openExecutionStore } from './execution-store.ts';
import type { ExecutionStore } from './execution-store.ts';
import type { LocalMachine } from './machine-definition.ts';
import {
  describeExecution,
  describeMachine,
  getHistory,
  listExecutions,
  listMachines,
} from './execution-queries.ts';
import { isTooLong, maxStateBytes } from './state-error.ts';
import { validateMachines } from './validate-machines.ts';

/** What `openStepFunctions` runs, and where it keeps executions. */
export interface StepFunctionsOptions {
  readonly machines: readonly LocalMachine[];
  /** Calls the functions that tasks name. */
  readonly invoke: LambdaHost['invoke'];
  /** Folder of the executions' records. */
  readonly dir: string;
  readonly region: string;
  readonly accountId: string;
  /** How many executions keep their record; of older ones that have ended only the names stay. @default 500 */
  readonly keptExecutions?: number;
}

/** Step Functions on a laptop: standard workflows, each execution kept in a file. */
export interface StepFunctions {
  /** Answers one operation of the wire; throws `AwsError`. */
  handle(action: string, body: unknown): Promise<object>;
  /** Runs the executions again, from their beginning, that a process before this one left running; answers how many. */
  resumeInterrupted(): number;
  /** Leaves what is running for the next process to resume, and resolves when all records are written. */
  close(): Promise<void>;
}

/**
 * Checks all machines and opens the executions of earlier runs. Throws `LocalError` for a definition that would run otherwise here than
 * on AWS.
 */
export function openStepFunctions(options: StepFunctionsOptions): StepFunctions {
  const store = openExecutionStore(options.dir, options.keptExecutions ?? 500);
  validateMachines(options.machines, join(options.dir, 'valid-definitions'));
  const compiled = options.machines.map(compileMachine);
  const machines = new Map(compiled.map((machine) => [machine.arn, machine]));
  return new LocalStepFunctions(options, machines, store);
}

const namePattern = /^[^\s[\]{}<>?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u;

class LocalStepFunctions implements StepFunctions {
  readonly #invoke: LambdaHost['invoke'];
  readonly #machines: ReadonlyMap<string, CompiledMachine>;
  readonly #store: ExecutionStore;
  readonly #running = new Map<string, Execution>();
  readonly #endings = new Map<string, Promise<void>>();
  readonly #writeErrors: unknown[] = [];

  constructor(
    { invoke }: StepFunctionsOptions,
    machines: ReadonlyMap<string, CompiledMachine>,
    store: ExecutionStore,
  ) {
    this.#invoke = invoke;
    this.#machines = machines;
    this.#store = store;
  }

  async handle(action: string, body: unknown): Promise<object> {
    const request = parseRequestBody(body);
    if (action === 'StartExecution') return this.#start(request);
    if (action === 'StopExecution') return this.#stop(request);
    if (action === 'DescribeExecution') return describeExecution(await this.#getRecord(request));
    if (action === 'GetExecutionHistory')
      return getHistory(await this.#getRecord(request), request);
    if (action === 'ListExecutions') return this.#list(request);
    if (action === 'DescribeStateMachine') return describeMachine(this.#getMachine(request));
    if (action === 'ListStateMachines') return listMachines([...this.#machines.values()], request);
    throw new AwsError(
      'UnknownOperationException',
      `Step Functions has no operation ${action} here.`,
    );
  }

  resumeInterrupted(): number {
    const resumable = this.#store.interrupted.filter(
      ({ arn, machineArn }) =>
        this.#store.find(arn)?.status === 'RUNNING' &&
        !this.#running.has(arn) &&
        this.#machines.has(machineArn),
    );
    for (const record of resumable) this.#run(this.#prepare(record));
    return resumable.length;
  }

  async close(): Promise<void> {
    for (const execution of this.#running.values()) execution.leave();
    await Promise.all(this.#endings.values());
    if (this.#writeErrors.length === 0) return;
    throw new AggregateError(this.#writeErrors, 'Records of executions could not be written.');
  }

  async #start(request: RequestBody): Promise<object> {
    const machine = this.#getMachine(request);
    const name = findString(request, 'name') ?? randomUUID();
    if (!namePattern.test(name)) throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
    const input = parseInput(request);
    const arn = `${machine.arn.replace(':stateMachine:', ':execution:')}:${name}`;
    if (this.#store.isKnown(arn)) return this.#answerRepeated(arn, input);
    const startDate = Date.now() / 1000;
    const machineArn = machine.arn;
    const execution = this.#prepare({
      arn,
      name,
      machineArn,
      input,
      status: 'RUNNING',
      startDate,
      events: [],
    });
    try {
      await this.#store.write(execution.record);
    } catch (error) {
      this.#running.delete(arn);
      throw error;
    }
    this.#run(execution);
    return { executionArn: arn, startDate };
  }

  /** The same request while the execution runs is the same execution; names are never used again. */
  async #answerRepeated(arn: string, input: string): Promise<object> {
    const record = this.#running.get(arn)?.record ?? (await this.#store.read(arn));
    if (record?.status === 'RUNNING' && record.input === input) {
      return { executionArn: arn, startDate: record.startDate };
    }
    throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
  }

  async #stop(request: RequestBody): Promise<object> {
    const record = await this.#getRecord(request);
    const error = findString(request, 'error');
    const cause = findString(request, 'cause');
    const end = {
      status: 'ABORTED',
      ...(error !== undefined && { error }),
      ...(cause !== undefined && { cause }),
    } as const;
    this.#running.get(record.arn)?.stop(end);
    await this.#endings.get(record.arn);
    const stopped = await this.#getRecord(request);
    const stopDate = stopped.stopDate ?? Date.now() / 1000;
    if (stopped.status === 'RUNNING') await this.#store.write({ ...stopped, ...end, stopDate });
    return { stopDate };
  }

  #list(request: RequestBody): object {
    const machine = this.#getMachine(request);
    return listExecutions(
      [...this.#store.list()].filter(({ machineArn }) => machineArn === machine.arn),
      request,
    );
  }

  #prepare(record: ExecutionRecord): Execution {
    const machine = this.#machines.get(record.machineArn);
    if (machine === undefined) throw machineError(record.machineArn);
    const execution = new Execution(record, { machine, invoke: this.#invoke });
    this.#running.set(record.arn, execution);
    return execution;
  }

  #run(execution: Execution): void {
    const { arn } = execution.record;
    const ending = this.#runToEnd(execution).finally(() => this.#endings.delete(arn));
    this.#endings.set(arn, ending);
  }

  /** An end that cannot be written stays in memory, and `close` tells about it. */
  async #runToEnd(execution: Execution): Promise<void> {
    const ended = await execution.run();
    if (ended === undefined) return;
    try {
      await this.#store.write(ended);
      this.#running.delete(ended.arn);
    } catch (error) {
      this.#writeErrors.push(error);
      execution.record = ended;
    }
  }

  #getMachine(request: RequestBody): CompiledMachine {
    const arn = getString(request, 'stateMachineArn');
    const machine = this.#machines.get(arn);
    if (machine !== undefined) return machine;
    throw machineError(arn);
  }

  async #getRecord(request: RequestBody): Promise<ExecutionRecord> {
    const arn = getString(request, 'executionArn');
    const execution = this.#running.get(arn);
    if (execution !== undefined) return execution.snapshot();
    const record = await this.#store.read(arn);
    if (record !== undefined) return record;
    throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
  }
}

/** The input as it is compared and kept: JSON without what carries no meaning. */
function parseInput(request: RequestBody): string {
  const text = findString(request, 'input') ?? '{}';
  if (isTooLong(text)) {
    throw new AwsError(
      'InvalidExecutionInput',
      `The input must have at most ${maxStateBytes} bytes.`,
    );
  }
  try {
    return JSON.stringify(JSON.parse(text));
  } catch (error) {
    throw new AwsError(
      'InvalidExecutionInput',
      `Invalid State Machine Execution Input: '${(error as Error).message}'`,
    );
  }
}

function machineError(arn: string): AwsError {
  return new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
}
