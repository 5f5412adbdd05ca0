import { availableParallelism } from 'node:os';
import type { LambdaProcess } from './lambda-process.ts';
import type { Lane } from './lane.ts';

/** The bounds that processes are shared out within. */
export interface ProcessBounds {
  readonly maxProcesses: number;
  /** How many processes stay when nothing happens. */
  readonly stayerCount: number;
  /** Names of the functions that stay first. */
  readonly keepWarm: readonly string[];
}

/** A process costs as much as some ten calls: with one at work, the next is started only for who has waited this long. */
export const growAfterMs = 100;
/** With all cores at work, one more process helps only if those at work wait for something themselves. */
const growBusyAfterMs = 2000;
const busyCount = 2 * availableParallelism();
/** How long the last process of a function whose invocations wait is left to it, and how long another function bears that. */
const patienceMs = 500;
/** A process that was idle for so long is not missed. */
const leftAloneMs = 2000;

/** Whether the function should get a process: its first, or one more. */
export function findNeed(lane: Lane, lanes: readonly Lane[]): 'first' | 'more' | undefined {
  if (!lane.isWaiting || lane.isStarting || lane.idle.length > 0) return undefined;
  if (lane.aliveCount === 0) return 'first';
  const working = lanes.reduce((sum, other) => sum + other.busyCount, 0);
  return lane.waitedMs >= (working < busyCount ? growAfterMs : growBusyAfterMs)
    ? 'more'
    : undefined;
}

/**
 * The idle process of another function that makes room, if one should. For its first process a function may take any that is not needed;
 * for one more only what is above the other's share or was left alone: else two busy functions would take processes from each other
 * without end.
 */
export function findVictim(
  lane: Lane,
  lanes: readonly Lane[],
  bounds: ProcessBounds,
): LambdaProcess | undefined {
  const isFirst = lane.aliveCount === 0;
  const share = Math.max(
    1,
    Math.floor(bounds.maxProcesses / lanes.filter(({ isBusy }) => isBusy).length),
  );
  const stayers = chooseStayers(lanes, bounds);
  const mayTake = (other: Lane, process: LambdaProcess): boolean => {
    if (other.isWaiting && !hasEarnedItsStart(process, other)) return false;
    if (other.aliveCount > share) return isFirst || lane.aliveCount < share;
    if (!isFirst) return !other.isWaiting && Date.now() - process.lastUsedAt >= leftAloneMs;
    return !other.isWaiting || other.aliveCount > 1 || lane.waitedMs >= patienceMs;
  };
  const candidates = lanes
    .filter((other) => other !== lane)
    .flatMap((other) => other.idle.map((process) => ({ other, process })))
    .filter(({ other, process }) => mayTake(other, process))
    .toSorted(
      (a, b) =>
        Number(b.other.aliveCount > share) - Number(a.other.aliveCount > share) ||
        Number(stayers.has(a.process)) - Number(stayers.has(b.process)) ||
        a.process.lastUsedAt - b.process.lastUsedAt,
    );
  return candidates[0]?.process;
}

/** A process that is taken away before it has worked would be started for nothing, again and again when the machine is slow. */
function hasEarnedItsStart({ hasServed, readyAt = Infinity }: LambdaProcess, lane: Lane): boolean {
  return hasServed && (lane.aliveCount > 1 || Date.now() - readyAt >= patienceMs);
}

/** The idle processes that stay when nothing happens: one a function, wanted functions first, then the last used. */
export function chooseStayers(
  lanes: readonly Lane[],
  { stayerCount, keepWarm }: ProcessBounds,
): ReadonlySet<LambdaProcess> {
  const rank = ({ fn }: LambdaProcess): number => (keepWarm.includes(fn.name) ? 0 : 1);
  const latest = lanes.flatMap((lane) => lane.idle.slice(0, 1));
  const ordered = latest.toSorted((a, b) => rank(a) - rank(b) || b.lastUsedAt - a.lastUsedAt);
  return new Set(ordered.slice(0, stayerCount));
}
