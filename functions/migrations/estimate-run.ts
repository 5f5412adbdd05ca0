/** What a run has to do. */
export interface RunWork {
  /** Tenants of each wave, the canary first. */
  readonly waves: readonly number[];
  readonly concurrency: number;
  readonly pauseBetweenTenantsSeconds: number;
  readonly pauseBetweenWavesSeconds: number;
  /** Time of one tenant's statements in the database, on average. */
  readonly statementMs: number;
  /** Rows that statements go through, in all tenants together. */
  readonly scannedRows: number;
  readonly writtenRows: number;
}

/** Starting the execution, its workers and their first logins. */
const startSeconds = 1;
/** Steps between two waves. */
const waveSeconds = 0.7;
/** The catalog's part of one tenant, and the commit. */
const tenantMs = 20;
/** Processors of a small cluster: more sessions than these do not make DDL faster. */
const processors = 2;
const scannedRowsPerSecond = 2_000_000;
const writtenRowsPerSecond = 150_000;

/**
 * Dollars at the list prices of us-east-1 in September 2026: Step Functions Standard 0.025 for 1,000 transitions, Lambda arm64 0.0000133334
 * for a GB-second and 0.20 for a million requests, Data API 0.35 for a million requests.
 */
const prices = {
  transition: 0.025 / 1000,
  gigabyteSecond: 0.0000133334,
  invocation: 0.2 / 1_000_000,
  dataApiRequest: 0.35 / 1_000_000,
};
const workerGigabytes = 0.5;
const tenantsPerWorker = 8;
/** Steps of a wave, with those of each worker's own execution, and those around all waves. */
const transitionsPerWave = 7;
const transitionsPerWorker = 3;
const transitionsPerRun = 6;
/** Applying is one request; taking the tenant and recording its result is shared by a few. */
const requestsPerTenant = 2;
const requestsPerWave = 12;

/**
 * How long a run will take, and what it will cost. Without pauses a wave lasts as long as its tenants one after the other on each place, or
 * as long as the processors need for all of them, whichever is more. Nothing is added for larger capacity while it runs.
 */
export function estimateRun(work: RunWork): {
  readonly seconds: number;
  readonly dollars: number;
} {
  const tenants = work.waves.reduce((sum, size) => sum + size, 0);
  if (tenants === 0) return { seconds: 0, dollars: 0 };
  const rowSeconds =
    work.scannedRows / scannedRowsPerSecond + work.writtenRows / writtenRowsPerSecond;
  const busySeconds = rowSeconds / Math.min(processors, work.concurrency);
  const waveTimes = work.waves.map((size) => secondsOfWave(size, work));
  const pauses = (work.waves.length - 1) * work.pauseBetweenWavesSeconds;
  const working = waveTimes.reduce((sum, seconds) => sum + seconds, 0) + busySeconds;
  return {
    seconds: round(startSeconds + working + pauses, 1),
    dollars: round(dollarsOf(work, { tenants, working }), 6),
  };
}

function secondsOfWave(size: number, work: RunWork): number {
  if (work.pauseBetweenTenantsSeconds > 0) {
    return (
      waveSeconds + size * (work.pauseBetweenTenantsSeconds + (work.statementMs + tenantMs) / 1000)
    );
  }
  const places = Math.ceil(size / work.concurrency) * (work.statementMs + tenantMs);
  const machine = (size * (work.statementMs + tenantMs / 2)) / processors;
  return waveSeconds + Math.max(places, machine) / 1000;
}

function dollarsOf(
  { waves, concurrency }: RunWork,
  { tenants, working }: { readonly tenants: number; readonly working: number },
): number {
  const workers = waves.map((size) => Math.ceil(Math.min(size, concurrency) / tenantsPerWorker));
  const allWorkers = workers.reduce((sum, count) => sum + count, 0);
  const atOnce = allWorkers / waves.length;
  const transitions =
    transitionsPerRun + waves.length * transitionsPerWave + allWorkers * transitionsPerWorker;
  return (
    transitions * prices.transition +
    working * atOnce * workerGigabytes * prices.gigabyteSecond +
    (allWorkers + waves.length * 2) * prices.invocation +
    (tenants * requestsPerTenant + waves.length * requestsPerWave) * prices.dataApiRequest
  );
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
