import { LRUCache } from 'lru-cache';
import type { Credentials } from './read-credentials.ts';

/** Logins by the ARN of their secret, remembered for a while. */
export interface CredentialsCache {
  /** The login in a secret, from memory if it is fresh; one question to the store however many ask at the same time. */
  get(secretArn: string): Promise<Credentials>;
  /** The login after the database refused `refused`: asks the store again, unless somebody did so since. */
  refetch(secretArn: string, refused: Credentials): Promise<Credentials>;
}

/** How long and how much is remembered. */
export interface CredentialsCacheOptions {
  /** @default 300000 */
  readonly ttlMs?: number;
  /** @default 1000 */
  readonly maxSecrets?: number;
}

/**
 * Remembers what `readCredentials` answers. A secret that cannot be read is asked for again the next time.
 *
 * @example
 * const credentials = createCredentialsCache((arn) => readCredentials(client, arn));
 */
export function createCredentialsCache(
  readCredentials: (secretArn: string) => Promise<Credentials>,
  options: CredentialsCacheOptions = {},
): CredentialsCache {
  const { ttlMs = 300_000, maxSecrets = 1000 } = options;
  const remembered = new LRUCache<string, Promise<Credentials>>({ max: maxSecrets, ttl: ttlMs });
  const fetch = (secretArn: string): Promise<Credentials> => {
    const reading = readCredentials(secretArn);
    remembered.set(secretArn, reading);
    reading.catch(() => {
      if (remembered.get(secretArn) === reading) remembered.delete(secretArn);
    });
    return reading;
  };
  return {
    get: async (secretArn) => await (remembered.get(secretArn) ?? fetch(secretArn)),
    refetch: async (secretArn, refused) => {
      const before = remembered.get(secretArn);
      const known = await before;
      if (known !== undefined && known !== refused) return known;
      const now = remembered.get(secretArn);
      // Others may have been refused as well and be at it already.
      return await (now === undefined || now === before ? fetch(secretArn) : now);
    },
  };
}
