import type { RunPace } from './fleet.ts';

/** A run's pace with everything it leaves open filled in. */
export interface CompletePace extends Required<Omit<RunPace, 'startAt'>> {
  readonly startAt?: string;
}

/** Fills in what a run's pace leaves open. */
export function completePace(pace: RunPace): CompletePace {
  return {
    canary: 1,
    waves: [10, 100],
    concurrency: 16,
    maxFailures: 0,
    onError: 'stop',
    pauseBetweenTenantsSeconds: 0,
    pauseBetweenWavesSeconds: 0,
    leaseSeconds: 60,
    ...pace,
  };
}

/** The failures that a run over so many tenants bears; null for any number. */
export function countBearable(pace: RunPace, total: number): number | null {
  const { maxFailures, onError } = completePace(pace);
  if (onError === 'continue') return null;
  if (typeof maxFailures === 'number') return maxFailures;
  return Math.floor((total * Number.parseFloat(maxFailures)) / 100);
}

/** A tenant that may go first. */
export interface WaveCandidate {
  readonly id: string;
  readonly slug: string;
  /** Rows of its tables, about; null when that is not known. */
  readonly rows: number | null;
  /** Place of its version in the order of migrations; -1 for none. */
  readonly position: number;
}

/** A tenant that goes first, and why it was picked. */
export interface Canary {
  readonly id: string;
  readonly slug: string;
  readonly reason: 'named' | 'smallest' | 'most rows' | 'oldest version' | 'random';
}

/**
 * The tenants that go first: the smallest, the one with most rows, the one at the oldest version, then others in an order that has
 * nothing to do with them. Named ones are taken as they are; one that is no candidate has nothing to do in the run and is left out.
 */
export function pickCanaries(
  candidates: readonly WaveCandidate[],
  canary: number | readonly string[],
): Canary[] {
  if (typeof canary !== 'number') {
    const named = candidates.filter(({ id, slug }) => canary.includes(id) || canary.includes(slug));
    return named.map(({ id, slug }) => ({ id, slug, reason: 'named' }));
  }
  const byId = candidates.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const sized = byId.filter(({ rows }) => rows !== null);
  const rowsOf = ({ rows }: WaveCandidate) => rows ?? 0;
  const orders: readonly [Canary['reason'], readonly WaveCandidate[]][] = [
    ['smallest', sized.toSorted((a, b) => rowsOf(a) - rowsOf(b))],
    ['most rows', sized.toSorted((a, b) => rowsOf(b) - rowsOf(a))],
    ['oldest version', byId.toSorted((a, b) => a.position - b.position)],
  ];
  const picked = new Map<string, Canary>();
  const pick = (reason: Canary['reason'], order: readonly WaveCandidate[]): void => {
    const next = order.find(({ id }) => !picked.has(id));
    if (next !== undefined && picked.size < canary)
      picked.set(next.id, { id: next.id, slug: next.slug, reason });
  };
  for (const [reason, order] of orders) pick(reason, order);
  while (picked.size < Math.min(canary, byId.length)) pick('random', byId);
  return [...picked.values()];
}

/** How many tenants each wave after the canary has: growing shares in percent of all of them, made into whole numbers; no wave is empty. */
export function shareWaves(tenants: number, shares: readonly number[]): number[] {
  const bounds = shares.map((share) => Math.min(tenants, Math.ceil((tenants * share) / 100)));
  const sizes = bounds.map((bound, index) => bound - (bounds[index - 1] ?? 0));
  return sizes.filter((size) => size > 0);
}

/** Who goes first in a run over these tenants, and how many tenants each wave after that has. */
export function planWaves(
  tenants: readonly WaveCandidate[],
  pace: RunPace,
): { readonly canary: readonly Canary[]; readonly waves: readonly number[] } {
  const { canary, waves } = completePace(pace);
  const picked = pickCanaries(tenants, canary);
  return { canary: picked, waves: shareWaves(tenants.length - picked.length, waves) };
}
