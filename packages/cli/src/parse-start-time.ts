import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';

const clockTime = /^([01]?\d|2[0-3]):([0-5]\d)$/;
const isoTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?$/;

/**
 * The time that a person means: `22:30` is the next time the clock on this machine shows that, and a date with time without a zone is
 * this machine's. Throws `CliError` USAGE for anything else, and for a time that is over.
 */
export function parseStartTime(text: string, now: Date): Date {
  const [, hours, minutes] = clockTime.exec(text) ?? [];
  if (hours !== undefined && minutes !== undefined) {
    const time = new Date(now);
    time.setHours(Number(hours), Number(minutes), 0, 0);
    if (time <= now) time.setDate(time.getDate() + 1);
    return time;
  }
  const time = new Date(isoTime.test(text) ? text : Number.NaN);
  if (Number.isNaN(time.getTime())) throw usage(`--at "${text}" is no time.`);
  if (time <= now) throw usage(`--at "${text}" is over.`);
  return time;
}

function usage(message: string): CliError {
  const next = ['--at 22:30', '--at 2026-12-24T22:30:00Z'];
  return new CliError('USAGE', message, { exitCode: exitCodes.usage, next });
}
