import { catchAll, choose, namedStates, nameFailure, stepTask } from './states.ts';
import type { State, StateMachineDefinition, Worker } from './states.ts';

/** What the workflow `migrate-fleet` is drawn from. */
export interface DrawFleetOptions {
  /** Does `start-run` and `migrate-tenants`. */
  readonly migrator: Worker;
  /** Does `next-wave`, `judge-wave` and `finish-run`. */
  readonly coordinator: Worker;
}

/** Workers at work at once; how many there are says each wave. */
const workersAtOnce = 100;

/**
 * The state machine `migrate-fleet`. The catalog is the queue: a wave is a handful of workers that take tenants from it, so neither state
 * nor history grows with the number of tenants. It goes on until no wave is left, or until one was too bad to go on; every way through
 * it ends in `finish-run`, except that a run with nothing to do is over after `start-run`. An error that is not a tenant's own ends the
 * run as failed.
 */
export function drawFleet({ migrator, coordinator }: DrawFleetOptions): StateMachineDefinition {
  return {
    Comment: 'Brings all tenants of a run to one version of the migrations, wave by wave.',
    StartAt: 'start-run',
    States: namedStates([
      ...step('start-run', migrator, 'is-time-to-start'),
      [
        'is-time-to-start',
        choose('$.decision', { wait: 'wait-for-start', nothing: 'done' }, 'next-wave'),
      ],
      ['wait-for-start', { Type: 'Wait', TimestampPath: '$.startAt', Next: 'start-run' }],
      ...step('next-wave', coordinator, 'is-wave-left'),
      [
        'is-wave-left',
        choose('$.decision', { wait: 'wait-for-wave', done: 'finish-run' }, 'migrate-wave'),
      ],
      ['wait-for-wave', { Type: 'Wait', SecondsPath: '$.seconds', Next: 'next-wave' }],
      ...mapWave(migrator),
      ...step('judge-wave', coordinator, 'is-wave-good'),
      ['is-wave-good', choose('$.decision', { continue: 'next-wave' }, 'finish-run')],
      ['finish-run', { ...stepTask('finish-run', coordinator), Next: 'is-run-good' }],
      ['is-run-good', choose('$.status', { failed: 'failed' }, 'done')],
      ['done', { Type: 'Succeed' }],
      [
        'failed',
        {
          Type: 'Fail',
          Error: 'FleetRunFailed',
          Cause: 'Not all tenants were brought to the new version. See: tenantry runs list',
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

function mapWave(migrator: Worker): NamedState[] {
  const wave: State = {
    Type: 'Map',
    ItemsPath: '$.workers',
    ItemSelector: {
      'runId.$': '$.runId',
      'wave.$': '$.wave',
      'worker.$': '$$.Map.Item.Value',
    },
    MaxConcurrency: workersAtOnce,
    ToleratedFailureCount: 0,
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      StartAt: 'migrate-tenants',
      States: { 'migrate-tenants': { ...stepTask('migrate-tenants', migrator), End: true } },
    },
    // What became of each tenant is in the catalog.
    ResultPath: null,
    Catch: catchAll('migrate-wave-failed', '$.failure'),
    Next: 'judge-wave',
  };
  return [
    ['migrate-wave', wave],
    ['migrate-wave-failed', nameFailure('migrate-tenants', 'finish-run')],
  ];
}
