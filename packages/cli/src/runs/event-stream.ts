import type { RunItemView, RunView } from '@tenantry/tenancy';
import type { Session } from '../session.ts';
import type { RunReporter } from './run-reporter.ts';

/** A run as JSON, an event a line on standard output: `-o ndjson`. The caller writes `run.finished`. */
export function eventStream(session: Session): RunReporter {
  return {
    wants: 'all',
    started: ({ id, total, status, change, startAt }) =>
      session.printJson({
        type: status === 'scheduled' ? 'run.scheduled' : 'run.started',
        run: id,
        targets: total,
        migration: change.kind === 'undo' ? null : (change.to ?? null),
        change,
        ...(startAt === null ? {} : { startAt }),
      }),
    items: (items, run) => {
      for (const item of items) session.printJson(toEvent(item, run));
    },
    counts: () => undefined,
    close: () => undefined,
  };
}

/** The event that ends the stream of a run. */
export function finishedEvent(run: RunView): Record<string, unknown> {
  const { id, status, migrated, failed, skipped, startedAt, endedAt } = run;
  const ms = endedAt === null ? null : Date.parse(endedAt) - Date.parse(startedAt);
  return { type: 'run.finished', run: id, status, done: migrated, failed, skipped, ms };
}

function toEvent(item: RunItemView, { id }: RunView): Record<string, unknown> {
  const { slug, from, to, milliseconds, applied, failure, attempt } = item;
  const place = { run: id, tenant: slug, ms: milliseconds, attempt };
  if (item.status !== 'failed')
    return { type: `tenant.${statusWord(item)}`, ...place, from, to, applied };
  const { migration = null, statement = null, line = null, sqlstate = null } = failure ?? {};
  const message = failure?.message ?? 'no reason given';
  const retryable = isPassing(sqlstate);
  return {
    type: 'tenant.failed',
    ...place,
    migration,
    statement,
    line,
    sqlstate,
    message,
    retryable,
  };
}

function statusWord({ status }: RunItemView): 'done' | 'skipped' {
  return status === 'skipped' ? 'skipped' : 'done';
}

/** Whether PostgreSQL's reason passes by itself: a connection, a resource, a lock that somebody held, a shutdown. */
function isPassing(sqlstate: string | null): boolean {
  return sqlstate !== null && /^(08|40|53|55P03|57P)/.test(sqlstate);
}
