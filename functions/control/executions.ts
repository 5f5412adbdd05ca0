import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';

const client = new SFNClient({});
const maxNumber = 100;

/** Which machine to start, under which name, with what. */
export interface ExecutionStart {
  readonly machineArn: string;
  /** Names the work, at most 75 characters: the same name and input while it runs is the same execution. */
  readonly name: string;
  readonly input: unknown;
}

/**
 * Starts an execution, or answers the one that is doing the same work already. A name is taken for 90 days after its execution has
 * ended; then a number is put behind it.
 */
export async function startExecution(start: ExecutionStart): Promise<string> {
  for (let number = 1; number <= maxNumber; number += 1) {
    const name = number === 1 ? start.name : `${start.name}-${number}`;
    const started = await ensureExecution({ ...start, name });
    if (started !== undefined) return started;
  }
  throw new Error(`execution ${start.name} was started ${maxNumber} times within 90 days`);
}

/** Starts the execution of exactly this name, or answers it when it is at work already; undefined when it has ended. */
export async function ensureExecution(start: ExecutionStart): Promise<string | undefined> {
  const { machineArn: stateMachineArn, name } = start;
  const input = JSON.stringify(start.input);
  try {
    const started = await client.send(new StartExecutionCommand({ stateMachineArn, name, input }));
    return started.executionArn ?? executionArnOf(stateMachineArn, name);
  } catch (error) {
    if (!isNamed(error, 'ExecutionAlreadyExists')) throw error;
    return undefined;
  }
}

/** Whether the named execution of a machine is still at work. */
export async function isRunning(machineArn: string, name: string): Promise<boolean> {
  try {
    const execution = await client.send(
      new DescribeExecutionCommand({ executionArn: executionArnOf(machineArn, name) }),
    );
    return execution.status === 'RUNNING' || execution.status === 'PENDING_REDRIVE';
  } catch (error) {
    if (isNamed(error, 'ExecutionDoesNotExist')) return false;
    throw error;
  }
}

/** The ARN of a machine's execution. */
export function executionArnOf(machineArn: string, name: string): string {
  return `${machineArn.replace(':stateMachine:', ':execution:')}:${name}`;
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
