// Plain JavaScript, because it runs in each function's process: loading the type stripper would double the time of a cold start.
import { flushCompileCache } from 'node:module';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';

/** @typedef {{ id: string, event: unknown, deadlineMs: number, functionArn: string }} Invocation */

/** @type {string | undefined} */
let currentId;

process.on('message', (/** @type {Invocation} */ invocation) => void invoke(invocation));
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole group; only the host decides when a function ends.
process.on('SIGINT', () => undefined);
process.on('uncaughtException', (error) => void endAfter(toErrorPayload(error)));
process.on(
  'unhandledRejection',
  (reason) =>
    void endAfter({
      ...toErrorPayload(reason),
      errorType: 'Runtime.UnhandledPromiseRejection',
      errorMessage: String(reason),
    }),
);

const handler = await loadHandler().catch((error) => endAfter(toLoadErrorPayload(error)));
send({ ready: true });

async function loadHandler() {
  const [fileName, exportName] = splitHandler(process.env['_HANDLER'] ?? '');
  const folder = process.env['LAMBDA_TASK_ROOT'] ?? '';
  const file = ['.mjs', '.js', '.cjs']
    .map((ending) => join(folder, fileName + ending))
    .find((path) => existsSync(path));
  if (file === undefined)
    throw namedError('Runtime.ImportModuleError', `Error: Cannot find module '${fileName}'`);
  const module = await import(pathToFileURL(file).href);
  const found = module[exportName] ?? module.default?.[exportName];
  if (typeof found === 'function') return found;
  throw namedError(
    'Runtime.HandlerNotFound',
    `${fileName}.${exportName} is undefined or not exported`,
  );
}

/** @param {string} handlerName */
function splitHandler(handlerName) {
  const dot = handlerName.lastIndexOf('.');
  return [handlerName.slice(0, dot), handlerName.slice(dot + 1)];
}

let isSettled = false;

/** @param {Invocation} invocation */
async function invoke({ id, event, deadlineMs, functionArn }) {
  currentId = id;
  const answer = await call(event, createContext(id, deadlineMs, functionArn)).then(
    toAnswer,
    (error) => ({ error: toErrorPayload(error) }),
  );
  currentId = undefined;
  send({ id, ...answer });
  if (!isSettled) setImmediate(settle);
  isSettled = true;
}

/**
 * Keeps the compiled code, now that what a request needs is compiled: at exit it is too late, since the host kills. Then makes the process
 * small: with a bundled AWS client it stays at 86 MB after 2,000 calls instead of 124, at the same speed. As flags of the command line
 * the two would make Node's own compiled code unusable, and each start 60 ms longer.
 */
function settle() {
  flushCompileCache();
  setFlagsFromString('--no-maglev');
  setFlagsFromString('--optimize-for-size');
}

/** @param {unknown} event @param {object} context */
async function call(event, context) {
  if (handler.length < 3) return handler(event, context);
  const { promise, resolve, reject } = Promise.withResolvers();
  handler(event, context, (/** @type {unknown} */ error, /** @type {unknown} */ result) =>
    error ? reject(error) : resolve(result),
  );
  return promise;
}

/** @param {unknown} result */
function toAnswer(result) {
  try {
    return { text: JSON.stringify(result) ?? 'null' };
  } catch (error) {
    return { error: { ...toErrorPayload(error), errorType: 'Runtime.MarshalError' } };
  }
}

/** @param {string} id @param {number} deadlineMs @param {string} functionArn */
function createContext(id, deadlineMs, functionArn) {
  return {
    awsRequestId: id,
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env['AWS_LAMBDA_FUNCTION_NAME'],
    functionVersion: process.env['AWS_LAMBDA_FUNCTION_VERSION'],
    invokedFunctionArn: functionArn,
    memoryLimitInMB: process.env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
    logGroupName: process.env['AWS_LAMBDA_LOG_GROUP_NAME'],
    logStreamName: process.env['AWS_LAMBDA_LOG_STREAM_NAME'],
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

/** @param {unknown} error */
function toErrorPayload(error) {
  if (!(error instanceof Error))
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return {
    errorType: error.name,
    errorMessage: error.message,
    trace: (error.stack ?? '').split('\n'),
  };
}

/** @param {Error} error */
function toLoadErrorPayload(error) {
  if (error.name.startsWith('Runtime.'))
    return { errorType: error.name, errorMessage: error.message, trace: [] };
  const payload = toErrorPayload(error);
  if (error instanceof SyntaxError)
    return { ...payload, errorType: 'Runtime.UserCodeSyntaxError', errorMessage: String(error) };
  return 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
    ? { ...payload, errorType: 'Runtime.ImportModuleError', errorMessage: String(error) }
    : payload;
}

/** @param {string} name @param {string} message */
function namedError(name, message) {
  return Object.assign(new Error(message), { name });
}

/**
 * Reports the error as the outcome of the invocation under way, or of the start, and ends.
 * @param {object} error
 * @returns {Promise<never>}
 */
function endAfter(error) {
  const message =
    currentId === undefined ? { initError: error } : { id: currentId, error, isLast: true };
  process.send?.(message, () => process.exit(1));
  return new Promise(() => undefined);
}

/** @param {object} message */
function send(message) {
  if (process.connected) process.send?.(message);
}
