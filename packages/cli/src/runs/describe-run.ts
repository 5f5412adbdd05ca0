import type { RunChange, RunItemView, RunView } from '@tenantry/tenancy';

/** What a run did to a tenant that is done, in one word. */
function doneWord({ kind }: RunChange): 'migrated' | 'taken back' {
  return kind === 'up' ? 'migrated' : 'taken back';
}

/** What a run does, in a few words: `up to polls/0002_votes`. */
export function describeChange(change: RunChange): string {
  switch (change.kind) {
    case 'up':
      return `up to ${change.to ?? 'the newest'}${ofModule(change.module)}`;
    case 'down':
      return change.steps === undefined
        ? `down to ${change.to ?? 'nothing'}${ofModule(change.module)}`
        : `down ${change.steps} ${change.steps === 1 ? 'step' : 'steps'}${ofModule(change.module)}`;
    case 'undo':
      return `undo of ${change.run}`;
  }
}

/** A run's end, or where it is, in one line. */
export function summarizeRun(run: RunView): string {
  const time = run.endedAt === null ? '' : ` in ${secondsOf(run)} s`;
  const { migrated, failed, skipped, total } = run;
  const counts = `${migrated} ${doneWord(run.change)}, ${failed} failed, ${skipped} skipped of ${total}`;
  return `${run.id}  ${run.status}${time}: ${counts}`;
}

/** How long a run took, or has taken by now, in seconds with one decimal. */
export function secondsOf({ startedAt, endedAt }: RunView, now = Date.now()): string {
  const end = endedAt === null ? now : Date.parse(endedAt);
  return ((end - Date.parse(startedAt)) / 1000).toFixed(1);
}

/** Whether nothing more comes of a run by itself: it ended, or waits for somebody. */
export function isAtRest({ status }: RunView): boolean {
  return status !== 'running' && status !== 'scheduled';
}

/** `canary`, `wave 1`, `wave 2`, ...: the names of a run's waves, in order. */
export function waveNames({ waves }: RunView): string[] {
  const canaries = waves.filter(({ tenants }) => tenants !== undefined).length;
  return waves.map(({ tenants }, index) =>
    tenants === undefined ? `wave ${index + 1 - canaries}` : 'canary',
  );
}

/** One tenant's part of a run in one line: each migration with its result, and the time. */
export function describeItem(item: RunItemView, change: RunChange): string {
  const time = item.milliseconds === null ? '' : `  ${(item.milliseconds / 1000).toFixed(1)} s`;
  if (item.status === 'failed') return `${item.slug}  ${describeFailure(item)}${time}`;
  const result = change.kind === 'up' ? 'OK' : 'taken back';
  const migrations = item.applied.map((id) => `${id} ${result}`).join(', ');
  return `${item.slug}  ${migrations || 'nothing to do'}${time}`;
}

function describeFailure({ failure }: RunItemView): string {
  if (failure === null) return 'failed';
  const { migration, statement, sqlstate, message } = failure;
  const place = migration === null ? '' : `${migration} statement ${statement ?? '?'} · `;
  return `${place}${sqlstate === null ? '' : `${sqlstate} `}${message}`;
}

function ofModule(module: string | undefined): string {
  return module === undefined ? '' : `, module ${module} only`;
}
