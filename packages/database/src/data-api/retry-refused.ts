import { setTimeout as delay } from 'node:timers/promises';

/** How long a paused cluster is waited for: Aurora resumes in about 15 s, in 30 s after a day of sleep. */
const wakingWaitsMs = [
  250, 500, 1000, 2000, 4000, 5000, 5000, 5000, 10_000, 10_000, 10_000, 10_000,
];

/** A service that throttles for longer than this is a reason to tell the caller. */
const throttledWaitsMs = [50, 200, 800, 2000];

const waits: Readonly<Record<string, readonly number[]>> = {
  DatabaseResumingException: wakingWaitsMs,
  ThrottlingException: throttledWaitsMs,
};

/**
 * Repeats a call that the Data API refused before it ran anything: the cluster is waking up, or calls come too fast. Nothing else is
 * repeated, because a call whose answer was lost may have taken effect.
 */
export async function retryRefused<Result>(
  call: () => Promise<Result>,
  wait: (ms: number) => Promise<unknown> = (ms) => delay(ms),
): Promise<Result> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      const ms = error instanceof Error ? waits[error.name]?.[attempt] : undefined;
      if (ms === undefined) throw error;
      await wait(ms / 2 + (ms / 2) * Math.random());
    }
  }
}
