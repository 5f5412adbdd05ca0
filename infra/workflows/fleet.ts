import { catchAll, namedStates, nameFailure, stepTask, taskOf } from './states.ts';
import type { ChoiceState, State, StateMachineDefinition, Worker } from './states.ts';

/** What the workflow `migrate-fleet` is drawn from. */
export interface DrawFleetOptions {
  /** Does `start-run` and `migrate-tenants`. */
  readonly migrator: Worker;
  /** Does `next-wave`, `judge-wave` and `finish-run`. */
  readonly coordinator: Worker;
}

/** Tenants that one call of `migrate-tenants` brings to the new version. */
const tenantsPerBatch = 25;

/** Batches at work at once; each holds a few sessions, all of them with the one secret of the migrator's role. */
const batchesAtOnce = 10;

/**
 * The state machine `migrate-fleet`: waves of batches until none is left, or until one was too bad to go on; every way through it ends in
 * `finish-run`, except that a run with nothing to do is over after `start-run`. An error that is not a tenant's own ends the run as failed.
 */
export function drawFleet({ migrator, coordinator }: DrawFleetOptions): StateMachineDefinition {
  return {
    Comment: 'Brings all tenants of a run to one version of the migrations, wave by wave.',
    StartAt: 'start-run',
    States: namedStates([
      ...step('start-run', migrator, 'is-work-left'),
      ['is-work-left', choose('$.decision', { nothing: 'done' }, 'next-wave')],
      ...step('next-wave', coordinator, 'is-wave-left'),
      ['is-wave-left', choose('$.decision', { done: 'finish-run' }, 'migrate-wave')],
      ...mapWave(migrator),
      ...step('judge-wave', coordinator, 'is-wave-good'),
      ['is-wave-good', choose('$.decision', { continue: 'next-wave' }, 'finish-run')],
      ['finish-run', { ...stepTask('finish-run', coordinator), Next: 'is-run-good' }],
      ['is-run-good', choose('$.status', { succeeded: 'done' }, 'failed')],
      ['done', { Type: 'Succeed' }],
      [
        'failed',
        {
          Type: 'Fail',
          Error: 'FleetRunFailed',
          Cause: 'Not all tenants were brought to the new version. See: tenantry migrate status',
        },
      ],
    ]),
  };
}

type NamedState = readonly [string, State];

function step(name: string, worker: Worker, next: string): NamedState[] {
  const failed = `${name}-failed`;
  return [
    [name, { ...stepTask(name, worker), Catch: catchAll(failed, '$.failure'), Next: next }],
    [failed, nameFailure(name, 'finish-run')],
  ];
}

function choose(
  variable: string,
  nextByValue: Record<string, string>,
  otherwise: string,
): ChoiceState {
  const choices = Object.entries(nextByValue).map(([value, next]) => ({
    Variable: variable,
    StringEquals: value,
    Next: next,
  }));
  return { Type: 'Choice', Choices: choices, Default: otherwise };
}

function mapWave(migrator: Worker): NamedState[] {
  const wave: State = {
    Type: 'Map',
    ItemsPath: '$.tenantIds',
    ItemBatcher: { MaxItemsPerBatch: tenantsPerBatch, BatchInput: { 'runId.$': '$.runId' } },
    MaxConcurrency: batchesAtOnce,
    ToleratedFailureCount: 0,
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      StartAt: 'migrate-tenants',
      States: { 'migrate-tenants': batchTask(migrator) },
    },
    // The children's answers would grow with the fleet; what became of each tenant is in the catalog.
    ResultPath: null,
    Catch: catchAll('migrate-wave-failed', '$.failure'),
    Next: 'judge-wave',
  };
  return [
    ['migrate-wave', wave],
    ['migrate-wave-failed', nameFailure('migrate-tenants', 'finish-run')],
  ];
}

function batchTask(migrator: Worker): State {
  return {
    ...taskOf(migrator),
    Parameters: {
      step: 'migrate-tenants',
      'BatchInput.$': '$.BatchInput',
      'Items.$': '$.Items',
    },
    End: true,
  };
}
