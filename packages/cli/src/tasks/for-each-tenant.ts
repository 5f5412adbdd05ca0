import { CliError } from '../cli-error.ts';

/** What became of a task in one tenant. */
export interface TaskResult {
  readonly tenant: string;
  readonly status: 'done' | 'failed';
  readonly milliseconds: number;
  /** Of a failure. */
  readonly message?: string;
  readonly sqlstate?: string;
}

/** How many tenants at once, and who hears of each result. */
export interface TaskPace {
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly onResult: (result: TaskResult) => void;
}

/**
 * Does `work` in each tenant; a failed one stops nobody. After an interrupt those at work are finished and no further one begins, so
 * that there can be fewer results than tenants.
 */
export async function forEachTenant(
  tenants: readonly string[],
  work: (tenant: string) => Promise<void>,
  { concurrency, signal, onResult }: TaskPace,
): Promise<TaskResult[]> {
  const waiting = [...tenants];
  const results: TaskResult[] = [];
  const worker = async (): Promise<void> => {
    for (let tenant = waiting.shift(); tenant !== undefined; tenant = waiting.shift()) {
      if (signal.aborted) return;
      const result = await attempt(tenant, work);
      results.push(result);
      onResult(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, tenants.length) }, worker));
  return results;
}

async function attempt(
  tenant: string,
  work: (tenant: string) => Promise<void>,
): Promise<TaskResult> {
  const startedAt = performance.now();
  const milliseconds = (): number => Math.round(performance.now() - startedAt);
  try {
    await work(tenant);
    return { tenant, status: 'done', milliseconds: milliseconds() };
  } catch (error) {
    return { tenant, status: 'failed', milliseconds: milliseconds(), ...describe(error) };
  }
}

function describe(error: unknown): Pick<TaskResult, 'message' | 'sqlstate'> {
  if (!(error instanceof Error)) return { message: String(error) };
  const { sqlstate } = error as { readonly sqlstate?: unknown };
  const why = error instanceof CliError && error.why !== undefined ? ` (${error.why})` : '';
  return {
    message: `${error.message}${why}`,
    ...(typeof sqlstate === 'string' ? { sqlstate } : {}),
  };
}
