import { CacheLimitError } from '@tenantry/tenancy';
import type { StoredValue } from './cache-table.ts';

/** An item of DynamoDB has 400 KB: the value, the key of up to 1 KB, and some bytes for names, tenant and time. */
const maxItemBytes = 409_600;
const otherBytes = 100;

/** The value as it is kept under `key`. Throws `TypeError` for what is no JSON, `CacheLimitError` for what is too large. */
export function toStoredValue(key: string, value: unknown): StoredValue {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return value as number;
  const json = JSON.stringify(value) as string | undefined;
  if (json === undefined) throw new TypeError(`a cache's value is JSON, not ${typeof value}`);
  const bytes = Buffer.byteLength(json);
  const maxBytes = maxItemBytes - otherBytes - Buffer.byteLength(key);
  if (bytes <= maxBytes) return { json };
  throw new CacheLimitError(
    `a value has at most ${maxBytes} bytes as JSON, this one has ${bytes}`,
    {
      next: 'split the value over several keys, or keep it in the database',
    },
  );
}

/** The value that was kept. */
export function fromStoredValue(value: StoredValue): unknown {
  return typeof value === 'number' ? value : (JSON.parse(value.json) as unknown);
}
