/** Says whether one more look-up may be made now. */
export type LookupBudget = () => boolean;

/** A budget of so many look-ups a second, with one second's worth saved up at most. */
export function createLookupBudget(perSecond: number, now: () => number = Date.now): LookupBudget {
  let left = perSecond;
  let filledAt = now();
  return () => {
    const time = now();
    left = Math.min(perSecond, left + ((time - filledAt) / 1000) * perSecond);
    filledAt = time;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}
