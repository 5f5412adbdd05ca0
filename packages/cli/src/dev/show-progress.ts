import type { Session } from '../session.ts';

/** Hears of each step of a start as it is done. */
export type OnProgress = (step: string) => void;

/** Prints a line for each step of a start, with the time since the one before; nothing under `--json`. */
export function showProgress(session: Session): OnProgress {
  let before = performance.now();
  return (step) => {
    const now = performance.now();
    const seconds = ((now - before) / 1000).toFixed(1);
    before = now;
    if (session.format !== 'json') session.print(`${seconds.padStart(6)} s  ${step}`);
  };
}
