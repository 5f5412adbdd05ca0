import { Option, type Command, type OptionValues } from '@commander-js/extra-typings';
import type { RunPace } from '@tenantry/tenancy';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { WithFlags } from './with-flags.ts';
import { parseStartTime } from './parse-start-time.ts';

/** What the flags say about how fast and how carefully a run goes; as they were typed. */
export interface PaceFlags {
  readonly canary?: string | undefined;
  readonly waves?: string | undefined;
  readonly concurrency?: string | undefined;
  readonly maxFailures?: string | undefined;
  readonly onError?: 'stop' | 'continue' | undefined;
  readonly pause?: string | undefined;
  readonly wavePause?: string | undefined;
  readonly at?: string | undefined;
}

/** The command with the flags that set a run's pace. */
export function withPace<
  Args extends unknown[],
  Flags extends OptionValues,
  Global extends OptionValues,
>(command: Command<Args, Flags, Global>): Command<Args, WithFlags<Flags, PaceFlags>, Global> {
  for (const option of paceOptions()) command.addOption(option);
  return command;
}

/** The pace that flags set; what was not said is left to the run. Throws `CliError` USAGE. */
export function parsePace(flags: PaceFlags, now: Date): RunPace {
  const { canary, waves, concurrency, maxFailures, onError, pause, wavePause, at } = flags;
  return {
    ...(canary === undefined ? {} : { canary: parseCanary(canary) }),
    ...(waves === undefined ? {} : { waves: parseWaves(waves) }),
    ...(concurrency === undefined
      ? {}
      : { concurrency: parseNumber('--concurrency', concurrency, 1) }),
    ...(maxFailures === undefined ? {} : { maxFailures: parseMaxFailures(maxFailures) }),
    ...(onError === undefined ? {} : { onError }),
    ...(pause === undefined
      ? {}
      : { pauseBetweenTenantsSeconds: parseNumber('--pause', pause, 0) }),
    ...(wavePause === undefined
      ? {}
      : { pauseBetweenWavesSeconds: parseNumber('--wave-pause', wavePause, 0) }),
    ...(at === undefined ? {} : { startAt: parseStartTime(at, now).toISOString() }),
  };
}

/** A whole number from `least` on, as the value of a flag; throws `CliError` USAGE. */
export function parseNumber(flag: string, value: string, least: number): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= least) return number;
  throw usage(`${flag} "${value}" is not a whole number from ${least} on.`);
}

function paceOptions(): Option[] {
  return [
    new Option('--canary <count|slug,...>', 'so many tenants first, or these (default: 1)'),
    new Option('--waves <percent,...>', 'growing shares after the canary (default: 10%,100%)'),
    new Option('--concurrency <count>', 'tenants at work at once, on each cluster (default: 16)'),
    new Option('--max-failures <count|percent>', 'halt behind so many failures (default: 0)'),
    new Option('--on-error <choice>', 'stop at a wave with too many failures, or go on').choices([
      'stop',
      'continue',
    ]),
    new Option('--pause <seconds>', 'one tenant after the other, with this pause between them'),
    new Option('--wave-pause <seconds>', 'pause between waves'),
    new Option('--at <time>', 'start then: 22:30, or 2026-12-24T22:30:00Z'),
  ];
}

function parseCanary(value: string): number | string[] {
  if (/^\d+$/.test(value)) return Number(value);
  return value.split(',').map((slug) => slug.trim());
}

function parseWaves(value: string): number[] {
  const shares = value.split(',').map(parsePercent);
  const isGrowing = shares.every((share, index) => share > (shares[index - 1] ?? 0));
  if (isGrowing && shares.at(-1) === 100) return shares;
  throw usage(`--waves "${value}": shares must grow and end with 100%, as in 5%,25%,100%.`);
}

function parseMaxFailures(value: string): number | string {
  if (/^\d+$/.test(value)) return Number(value);
  return `${parsePercent(value)}%`;
}

function parsePercent(value: string): number {
  const percent = Number(/^\s*(\d+(?:\.\d+)?)%?\s*$/.exec(value)?.[1]);
  if (percent > 0 && percent <= 100) return percent;
  throw usage(`"${value}" is not a share in percent, such as 5%.`);
}

function usage(message: string): CliError {
  const next = ['tenantry migrate up --help'];
  return new CliError('USAGE', message, { exitCode: exitCodes.usage, next });
}
