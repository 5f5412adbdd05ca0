import { parseNumber } from '../pace-flags.ts';

/** The flags that limit a cluster, as they were typed. */
export interface ClusterLimitFlags {
  readonly capacity?: string | undefined;
  readonly concurrency?: string | undefined;
}

/** The limits that were given. Throws `CliError` USAGE. */
export function parseClusterLimits({ capacity, concurrency }: ClusterLimitFlags): {
  readonly capacity?: number;
  readonly concurrency?: number;
} {
  return {
    ...(capacity === undefined ? {} : { capacity: parseNumber('--capacity', capacity, 0) }),
    ...(concurrency === undefined
      ? {}
      : { concurrency: parseNumber('--concurrency', concurrency, 1) }),
  };
}
