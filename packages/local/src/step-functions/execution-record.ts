import type { HistoryEvent } from './execution-history.ts';

/** How an execution stands, in AWS's words. */
export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** What lists show of an execution; dates in seconds since 1970. */
export interface ExecutionSummary {
  readonly arn: string;
  readonly name: string;
  readonly machineArn: string;
  readonly startDate: number;
  readonly status: ExecutionStatus;
  readonly stopDate?: number;
}

/** An execution as it is kept on disk; input and output are JSON texts. The events are written when it has ended. */
export interface ExecutionRecord extends ExecutionSummary {
  readonly input: string;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
  readonly events: readonly HistoryEvent[];
}

/** How an execution ended. */
export type ExecutionEnd = Pick<ExecutionRecord, 'status' | 'output' | 'error' | 'cause'>;

/** The summary alone, which is all that stays in memory of an execution that has ended. */
export function toSummary(record: ExecutionRecord): ExecutionSummary {
  const { arn, name, machineArn, startDate, status, stopDate } = record;
  return { arn, name, machineArn, startDate, status, ...(stopDate !== undefined && { stopDate }) };
}
