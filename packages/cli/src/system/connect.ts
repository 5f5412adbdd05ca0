import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { AwsPlatform } from './aws-platform.ts';
import type { ConnectOptions, Platform } from './platform.ts';

const localStage = 'local';

/**
 * The running system: the local one, or with a stage of another name the deployment on AWS. Throws `CliError` SYSTEM_NOT_RUNNING when
 * there is neither.
 */
export async function connect(options: ConnectOptions): Promise<Platform> {
  const { signal } = options;
  const stage = options.stage ?? options.env['TENANTRY_STAGE'];
  if (stage !== undefined && stage !== localStage && options.data === undefined) {
    return new AwsPlatform({
      stage,
      signal,
      ...(options.region ? { region: options.region } : {}),
    });
  }
  const { findRuntime } = await import('@tenantry/local');
  const runtime = findRuntime({
    cwd: options.cwd,
    env: options.env,
    ...(options.data === undefined ? {} : { dataDir: options.data }),
  });
  if (runtime === undefined) throw systemNotRunning(options);
  return new AwsPlatform({
    stage: runtime.stage,
    signal,
    region: runtime.region,
    endpoint: runtime.endpointUrl,
    credentials: runtime.credentials,
    postgres: runtime.postgres,
  });
}

function systemNotRunning({ data, cwd }: ConnectOptions): CliError {
  return new CliError(
    'SYSTEM_NOT_RUNNING',
    `No running system found ${data === undefined ? `from ${cwd} upwards` : `in ${data}`}.`,
    {
      exitCode: exitCodes.failed,
      next: [
        'npm start',
        'name the data folder of a running system with --data, or a deployment with --stage',
      ],
    },
  );
}
