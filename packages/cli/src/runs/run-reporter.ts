import type { RunItemView, RunView } from '@tenantry/tenancy';

/** Tells somebody how a run goes. */
export interface RunReporter {
  /** Which of the tenants that are done it wants to hear of. */
  readonly wants: 'all' | 'failed' | 'none';
  /** The run is known now: it has started, waits for its time, or was there before. */
  started(run: RunView): void;
  /** Tenants that are done, each of them once. */
  items(items: readonly RunItemView[], run: RunView): void;
  /** Counts may have changed. */
  counts(run: RunView): void;
  /** Nothing more will be told; clears what must not stay. */
  close(): void;
}

/** The forms in which a run's progress is shown. */
export const progressForms = ['bar', 'events', 'errors-only', 'none'] as const;

/** One of `progressForms`. */
export type ProgressForm = (typeof progressForms)[number];
