import { catchAll, namedStates, stepTask, taskOf } from './states.ts';
import type { State, StateMachineDefinition, Worker } from './states.ts';

/** What the workflow `create-tenants` is drawn from. */
export interface DrawBulkCreationOptions {
  /** Takes tenants from the creation and does all steps of `create-tenant` for each. */
  readonly bulk: Worker;
  /** Does `judge-creation`. */
  readonly registry: Worker;
}

/**
 * The state machine `create-tenants`: a few workers take tenants from the catalog until none is left; what a worker that died had taken
 * is done in another round, when its lease has ended. Its state is the same for ten tenants and for ten thousand.
 */
export function drawBulkCreation({
  bulk,
  registry,
}: DrawBulkCreationOptions): StateMachineDefinition {
  return {
    Comment: 'Creates the tenants of one file, several at once.',
    StartAt: 'create-tenants',
    States: namedStates([
      ['create-tenants', mapWorkers(bulk)],
      [
        'judge-creation',
        {
          ...stepTask('judge-creation', registry),
          Catch: catchAll('interrupted', '$.failure'),
          Next: 'is-done',
        },
      ],
      [
        'is-done',
        {
          Type: 'Choice',
          Choices: [
            { Variable: '$.decision', StringEquals: 'go', Next: 'create-tenants' },
            { Variable: '$.decision', StringEquals: 'wait', Next: 'wait-for-lease' },
            { Variable: '$.decision', StringEquals: 'succeeded', Next: 'done' },
          ],
          Default: 'failed',
        },
      ],
      ['wait-for-lease', { Type: 'Wait', SecondsPath: '$.seconds', Next: 'create-tenants' }],
      ['done', { Type: 'Succeed' }],
      [
        'failed',
        {
          Type: 'Fail',
          Error: 'TenantsNotCreated',
          Cause: 'Some tenants could not be created; nothing is left of those.',
        },
      ],
      // The same command again goes on with what is left.
      ['interrupted', { Type: 'Fail', ErrorPath: '$.failure.Error', CausePath: '$.failure.Cause' }],
    ]),
  };
}

function mapWorkers(bulk: Worker): State {
  return {
    Type: 'Map',
    ItemsPath: '$.workers',
    ItemSelector: { 'creation.$': '$.creation', 'worker.$': '$$.Map.Item.Value' },
    MaxConcurrency: 0,
    ToleratedFailureCount: 0,
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      StartAt: 'create-some',
      States: {
        'create-some': {
          ...taskOf(bulk),
          Parameters: { 'creation.$': '$.creation', 'worker.$': '$.worker' },
          End: true,
        },
      },
    },
    ResultPath: null,
    Catch: catchAll('interrupted', '$.failure'),
    Next: 'judge-creation',
  };
}
