import { expect, test } from 'vitest';
import { newTenantId, ownerNameOf, parseTenantId, schemaNameOf } from './index.ts';

test('an id is 20 characters of a-z and 0-9, and two are never the same', () => {
  const ids = new Set(Array.from({ length: 2000 }, newTenantId));
  expect(ids.size).toBe(2000);
  for (const id of ids) expect(id).toMatch(/^[a-z0-9]{20}$/);
});

test('schema and owner carry the id and nothing else', () => {
  const id = parseTenantId('abcdefghij0123456789');
  expect(schemaNameOf(id)).toBe('t_abcdefghij0123456789');
  expect(ownerNameOf(id)).toBe('o_abcdefghij0123456789');
});

test.each([
  '',
  'acme',
  'ABCDEFGHIJ0123456789',
  'a'.repeat(33),
  'abcdefghij012345678"',
  'abcdefghij0123456789\n',
  7,
  null,
])('what is no id is refused: %j', (value) => {
  expect(() => parseTenantId(value)).toThrow(
    expect.objectContaining({ code: 'TENANT_INPUT_INVALID', field: 'id' }),
  );
  expect(() => schemaNameOf(value as never)).toThrow('a tenant id is');
});
