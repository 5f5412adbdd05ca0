import { devNull } from 'node:os';
import { join } from 'node:path';
import type { LocalFunction } from './local-function.ts';

/** Where the function believes to be. */
export interface ChildPlace {
  readonly region: string;
  /** The one endpoint of all AWS clients. */
  readonly endpointUrl: string;
  /** Folder of V8's compiled code, which makes the next start of the same bundle faster. */
  readonly compileCacheDir: string;
}

/** The whole environment of a function's process: the template's variables, and what Lambda itself sets. */
export function createChildEnvironment(
  fn: LocalFunction,
  place: ChildPlace,
): Record<string, string> {
  return {
    ...fn.environment,
    ...lambdaVariables(fn, place),
    AWS_ENDPOINT_URL: place.endpointUrl,
    // The developer's own profiles must not reach a function.
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    NODE_COMPILE_CACHE: join(place.compileCacheDir, fn.name),
  };
}

function lambdaVariables(fn: LocalFunction, { region }: ChildPlace): Record<string, string> {
  return {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: fn.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(fn.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${fn.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    // By its key the endpoint knows whose request it is.
    AWS_ACCESS_KEY_ID: fn.name,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
    LAMBDA_TASK_ROOT: fn.codeDir,
    _HANDLER: fn.handler,
    LANG: 'en_US.UTF-8',
    PATH: '/usr/local/bin:/usr/bin:/bin',
    TZ: 'UTC',
  };
}
