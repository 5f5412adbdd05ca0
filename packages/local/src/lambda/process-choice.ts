import type { LambdaProcess } from './lambda-process.ts';
import type { LocalFunction } from './local-function.ts';

/** The idle process of the function that was used last, so that the others can end. */
export function takeIdle(
  processes: Iterable<LambdaProcess>,
  fn: LocalFunction,
): LambdaProcess | undefined {
  let latest: LambdaProcess | undefined;
  for (const process of processes) {
    if (process.fn !== fn || process.state !== 'idle') continue;
    if (latest === undefined || process.lastUsedAt > latest.lastUsedAt) latest = process;
  }
  return latest;
}

/** The idle processes that stay when nothing happens: one a function, wanted functions first, then the last used. */
export function chooseStayers(
  idle: readonly LambdaProcess[],
  options: { readonly count: number; readonly keepWarm: readonly string[] },
): ReadonlySet<LambdaProcess> {
  const rank = (process: LambdaProcess): number =>
    options.keepWarm.includes(process.fn.name) ? 0 : 1;
  const ordered = idle.toSorted((a, b) => rank(a) - rank(b) || b.lastUsedAt - a.lastUsedAt);
  const functions = new Map<LocalFunction, LambdaProcess>();
  for (const process of ordered) {
    if (functions.size < options.count && !functions.has(process.fn))
      functions.set(process.fn, process);
  }
  return new Set(functions.values());
}
