import { CacheUnavailableError } from '@tenantry/tenancy';

const unavailable = new Set([
  'InternalServerError',
  'InternalServerErrorException',
  'ItemCollectionSizeLimitExceededException',
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ServiceUnavailable',
  'Throttling',
  'ThrottlingException',
  'TimeoutError',
]);

/** What a caller can act on, made of an error of the SDK's clients: unavailable, or the error itself. */
export function translateCacheError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code, $metadata } = error as {
    readonly code?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  const isOutOfReach = typeof code === 'string' && /^(E[A-Z]+|UND_ERR_\w+)$/.test(code);
  const isTheirs = ($metadata?.httpStatusCode ?? 0) >= 500;
  return unavailable.has(error.name) || isOutOfReach || isTheirs
    ? new CacheUnavailableError(error.name, error)
    : error;
}
