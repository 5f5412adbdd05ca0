export {
  openTestPostgres,
  withTestPostgres,
  type TestPostgres,
  type TestPostgresOptions,
} from './test-postgres.ts';
export { copyDataFolder } from './test-data-folder.ts';
export { openTestCache, type TestCache, type TestCacheOptions } from './test-cache.ts';
export { openTestDataApi, type TestDataApi, type TestDataApiOptions } from './test-data-api.ts';
export { toTestEvent, type TestEventRequest } from './test-event.ts';
export { LocalError, type LocalErrorCode } from './errors.ts';
export {
  startLocal,
  type InvocationInterceptor,
  type LocalCluster,
  type LocalRuntime,
  type StartExecutionRequest,
  type StartLocalOptions,
} from './start-local.ts';
export {
  findRuntime,
  type FindRuntimeOptions,
  type FoundRuntime,
  type RuntimeDescription,
  type RuntimeMachines,
} from './data-folder/runtime-file.ts';
export { assertNotRunning } from './data-folder/lock-data-folder.ts';
export type {
  LocalApi,
  LocalCustomResource,
  LocalRoute,
  LocalStack,
  StackCluster,
} from './assembly/local-stack.ts';
