import { availableParallelism, loadavg } from 'node:os';

/** Times of one kind of call, in milliseconds. */
export interface Times {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Work to be timed; `round` counts from 0. */
export type Work = (round: number) => Promise<unknown>;

/**
 * Times several kinds of work in turn, one after the other in each round, so that what else the machine does meets all of them alike.
 * The first tenth is not counted.
 */
export async function timeInTurn<Name extends string>(
  works: Readonly<Record<Name, Work>>,
  rounds: number,
): Promise<Record<Name, Times>> {
  const names = Object.keys(works) as Name[];
  const times = new Map<Name, number[]>(names.map((name) => [name, []]));
  const warmUp = Math.ceil(rounds / 10);
  for (let round = 0; round < warmUp + rounds; round += 1) {
    for (const name of names) {
      const start = performance.now();
      await works[name](round);
      if (round >= warmUp) times.get(name)?.push(performance.now() - start);
    }
  }
  return Object.fromEntries(
    names.map((name) => [name, percentiles(times.get(name) ?? [])]),
  ) as Record<Name, Times>;
}

/** The 50th, 95th and 99th of a hundred. */
export function percentiles(values: readonly number[]): Times {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/** Calls a second with `lanes` of them under way at once. */
export async function throughput(work: Work, lanes: number, calls: number): Promise<number> {
  let next = 0;
  const start = performance.now();
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (next < calls) {
        next += 1;
        await work(next);
      }
    }),
  );
  return calls / ((performance.now() - start) / 1000);
}

/** A table in Markdown. */
export function toTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map(toLine).join('\n');
}

function toLine(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** What the numbers were taken on. */
export function describeMachine(): string {
  const load = loadavg()
    .map((value) => value.toFixed(1))
    .join(' ');
  return `Node ${process.versions.node}, ${availableParallelism()} cores, load average ${load}`;
}
