import type { StackRecord } from './stack-record.ts';

/** A stack as `DescribeStacks` tells it. */
export function describeStack(record: StackRecord): object {
  const { id, name, design, status, reason, outputs } = record;
  return {
    StackId: id,
    StackName: name,
    CreationTime: new Date(record.createdAt),
    LastUpdatedTime: record.updatedAt === undefined ? undefined : new Date(record.updatedAt),
    DeletionTime: record.deletedAt === undefined ? undefined : new Date(record.deletedAt),
    StackStatus: status,
    StackStatusReason: reason,
    DisableRollback: false,
    NotificationARNs: [],
    RoleARN: design.roleArn,
    EnableTerminationProtection: record.isProtected,
    Parameters: toPairs(design.parameters, 'ParameterKey', 'ParameterValue'),
    Outputs: toPairs(outputs, 'OutputKey', 'OutputValue'),
    Tags: toPairs(design.tags, 'Key', 'Value'),
  };
}

/** A stack's events as `DescribeStackEvents` tells them, the last one first. */
export function describeEvents({ id: StackId, name: StackName, events }: StackRecord): object[] {
  return events.toReversed().map(({ id, at, logicalId, type, status, reason }) => ({
    StackId,
    StackName,
    EventId: id,
    Timestamp: new Date(at),
    LogicalResourceId: logicalId,
    PhysicalResourceId: logicalId === StackName ? StackId : undefined,
    ResourceType: type,
    ResourceStatus: status,
    ResourceStatusReason: reason,
  }));
}

function toPairs(
  values: Readonly<Record<string, string>>,
  keyName: string,
  valueName: string,
): object[] {
  return Object.entries(values).map(([key, value]) => ({ [keyName]: key, [valueName]: value }));
}
