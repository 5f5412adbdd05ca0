import type { RunItemView, RunView } from '@tenantry/tenancy';
import type { Platform } from '../system/platform.ts';
import type { RunReporter } from './run-reporter.ts';

const pageSize = 500;
/** A worker's record can become visible so much later than the time that stands in it. */
const lateMs = 3000;

/** How a run is asked for: by its id, or by the name of an execution that works on it. */
export type RunReference = { readonly run: string } | { readonly execution: string };

/** Asks for a run again and again, and tells a reporter what is new since. */
export class RunFeed {
  readonly #platform: Platform;
  readonly #reporter: RunReporter;
  readonly #told = new Set<string>();
  #run: RunView | undefined;
  #isStarted = false;
  #lastEnd = 0;

  constructor(platform: Platform, reporter: RunReporter) {
    this.#platform = platform;
    this.#reporter = reporter;
  }

  /** The run as it was when it was last looked at. */
  get run(): RunView | undefined {
    return this.#run;
  }

  /** Looks at the run; undefined while there is none. */
  async look(reference: RunReference): Promise<RunView | undefined> {
    const { run } = await this.#platform.call('show-run', reference);
    if (run === null) return undefined;
    this.#run = run;
    if (!this.#isStarted && !isKnown(run)) return run;
    if (!this.#isStarted) this.#reporter.started(run);
    this.#isStarted = true;
    if (this.#reporter.wants !== 'none') await this.#readItems(run);
    this.#reporter.counts(run);
    return run;
  }

  async #readItems(run: RunView): Promise<void> {
    let since = new Date(Math.max(0, this.#lastEnd - lateMs)).toISOString();
    for (;;) {
      const { items } = await this.#platform.call('list-run-items', {
        run: run.id,
        limit: pageSize,
        endedSince: since,
        ...(this.#reporter.wants === 'failed' ? { status: 'failed' } : {}),
      });
      this.#tell(items, run);
      // The next page begins with the last one's time: others may have ended in the same millisecond.
      const end = items.at(-1)?.endedAt ?? since;
      if (items.length < pageSize || end === since) return;
      since = end;
    }
  }

  #tell(items: readonly RunItemView[], run: RunView): void {
    const fresh = items.filter((item) => item.endedAt !== null && !this.#told.has(keyOf(item)));
    for (const item of fresh) {
      this.#told.add(keyOf(item));
      this.#lastEnd = Math.max(this.#lastEnd, Date.parse(item.endedAt ?? ''));
    }
    if (fresh.length > 0) this.#reporter.items(fresh, run);
  }
}

/** While a run picks its tenants, nobody knows how many there are. */
function isKnown({ status, total }: RunView): boolean {
  return status !== 'running' || total > 0;
}

function keyOf({ tenantId, attempt, endedAt }: RunItemView): string {
  return `${tenantId} ${attempt} ${endedAt ?? ''}`;
}
