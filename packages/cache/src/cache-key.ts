import { CacheLimitError } from '@tenantry/tenancy';

const maxBytes = 1024;

/** The key, if a cache can hold it. Throws `CacheLimitError` for one without or with too many bytes, or that is no Unicode text. */
export function parseCacheKey(key: string): string {
  if (typeof key !== 'string') throw new TypeError(`a cache's key is text, not ${typeof key}`);
  // Halves of surrogate pairs would all become the same replacement character, and so different keys one.
  if (!key.isWellFormed())
    throw new CacheLimitError('a key is Unicode text, this one has half a surrogate pair', {
      next: 'encode binary keys: key.toString("base64url")',
    });
  const bytes = Buffer.byteLength(key);
  if (bytes >= 1 && bytes <= maxBytes) return key;
  throw new CacheLimitError(`a key has 1 to ${maxBytes} bytes, this one has ${bytes}`, {
    next: 'shorten the key, or use a hash of it',
  });
}
