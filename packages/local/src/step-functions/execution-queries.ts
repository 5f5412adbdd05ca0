import { findBoolean, findNumber, findString } from '../aws/request-body.ts';
import { paginate } from '../aws/paginate.ts';
import type { Page } from '../aws/paginate.ts';
import type { RequestBody } from '../aws/request-body.ts';
import type { ExecutionRecord, ExecutionSummary } from './execution-record.ts';
import type { HistoryEvent } from './execution-history.ts';
import type { LocalMachine } from './machine-definition.ts';

/** `DescribeExecution`. */
export function describeExecution(record: ExecutionRecord): object {
  return {
    ...summarize(record),
    input: record.input,
    inputDetails: { included: true },
    output: record.output,
    outputDetails: record.output === undefined ? undefined : { included: true },
    error: record.error,
    cause: record.cause,
    redriveCount: 0,
    redriveStatus: 'NOT_REDRIVABLE',
  };
}

/** `GetExecutionHistory`, oldest events first unless `reverseOrder`. */
export function getHistory({ events }: ExecutionRecord, request: RequestBody): object {
  const isReversed = findBoolean(request, 'reverseOrder') === true;
  const { items, nextToken } = cut(isReversed ? events.toReversed() : events, request);
  const hasData = findBoolean(request, 'includeExecutionData') ?? true;
  return { events: hasData ? items : items.map(withoutData), nextToken };
}

/** `ListExecutions`, newest first. */
export function listExecutions(
  executions: readonly ExecutionSummary[],
  request: RequestBody,
): object {
  const status = findString(request, 'statusFilter');
  const found = executions
    .filter((execution) => status === undefined || execution.status === status)
    .toSorted((a, b) => b.startDate - a.startDate);
  const { items, nextToken } = cut(found, request);
  return { executions: items.map(summarize), nextToken };
}

/** `DescribeStateMachine`. */
export function describeMachine(machine: LocalMachine): object {
  return {
    stateMachineArn: machine.arn,
    name: machine.name,
    status: 'ACTIVE',
    definition: JSON.stringify(machine.definition),
    type: 'STANDARD',
    roleArn: `arn:aws:iam::${machine.arn.split(':')[4] ?? ''}:role/${machine.name}`,
    creationDate: 0,
  };
}

/** `ListStateMachines`. */
export function listMachines(machines: readonly LocalMachine[], request: RequestBody): object {
  const { items, nextToken } = cut(machines, request);
  const stateMachines = items.map(({ arn, name }) => ({
    stateMachineArn: arn,
    name,
    type: 'STANDARD',
    creationDate: 0,
  }));
  return { stateMachines, nextToken };
}

function cut<Item>(items: readonly Item[], request: RequestBody): Page<Item> {
  return paginate(items, {
    size: findNumber(request, 'maxResults') || 100,
    token: findString(request, 'nextToken'),
    tokenError: 'InvalidToken',
  });
}

function summarize({
  arn,
  machineArn,
  name,
  status,
  startDate,
  stopDate,
}: ExecutionSummary): object {
  return { executionArn: arn, stateMachineArn: machineArn, name, status, startDate, stopDate };
}

function withoutData({ timestamp, type, id, previousEventId }: HistoryEvent): HistoryEvent {
  return { timestamp, type, id, previousEventId };
}
