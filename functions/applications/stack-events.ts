import type { StackEvent } from '@aws-sdk/client-cloudformation';

/**
 * The events of the work that CloudFormation does on a stack now, or did last, from its newest events on; the newest first. Undefined when
 * the work began before them.
 */
export function findLastWork(
  events: readonly StackEvent[],
  stackName: string,
): readonly StackEvent[] | undefined {
  const begin = events.findIndex(
    ({ LogicalResourceId: part, ResourceStatus: status = '' }) =>
      part === stackName && /^(CREATE|UPDATE|DELETE)_IN_PROGRESS$/.test(status),
  );
  return begin === -1 ? undefined : events.slice(0, begin + 1);
}

/** What CloudFormation says about the first part that failed: the failures of the others are its consequence. Undefined when none did. */
export function findFailure(events: readonly StackEvent[]): string | undefined {
  const failed = events.findLast(
    ({ ResourceStatus: status = '', ResourceStatusReason: reason }) =>
      status.endsWith('_FAILED') && reason !== undefined,
  );
  if (failed === undefined) return undefined;
  return `${failed.LogicalResourceId} (${failed.ResourceType}): ${failed.ResourceStatusReason}`;
}

/** The parts that CloudFormation is at work on, by type. */
export function listPartsAtWork(events: readonly StackEvent[], stackName: string): string[] {
  const newest = new Map<string, StackEvent>();
  for (const event of events) {
    const part = event.LogicalResourceId ?? '';
    if (part !== stackName && !newest.has(part)) newest.set(part, event);
  }
  const types = [...newest.values()]
    .filter(({ ResourceStatus: status = '' }) => status.endsWith('_IN_PROGRESS'))
    .map(({ ResourceType: type = 'a part' }) => type);
  return [...new Set(types)].toSorted();
}
