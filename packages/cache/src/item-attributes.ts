import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { CacheItem, StoredValue } from './cache-table.ts';

/** An item as DynamoDB writes it. */
export type Item = Record<string, AttributeValue>;

/** An item's attributes besides its tenant and key. */
export function toAttributes({ value, expiresAt }: CacheItem): Item {
  return {
    value: typeof value === 'number' ? { N: String(value) } : { S: value.json },
    ...(expiresAt !== undefined && { expires_at: { N: String(expiresAt) } }),
  };
}

/** The item of these attributes. */
export function toCacheItem(item: Item): CacheItem {
  const expiresAt = item['expires_at']?.N;
  return {
    key: item['key']?.S ?? '',
    value: toStoredValue(item['value']),
    expiresAt: expiresAt === undefined ? undefined : Number(expiresAt),
  };
}

function toStoredValue(value: AttributeValue | undefined): StoredValue {
  if (value?.N !== undefined) return Number(value.N);
  return { json: value?.S ?? 'null' };
}
