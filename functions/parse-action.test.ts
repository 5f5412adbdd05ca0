import * as z from 'zod';
import { expect, test } from 'vitest';
import { parseAction } from './parse-action.ts';

const inputs = {
  'show-tenant': z.object({ reference: z.string().min(1) }),
  'list-tenants': z.object({}),
};

test('an action gets its input, without what its shape does not name', () => {
  const event = { action: 'show-tenant', input: { reference: 'acme', extra: 1 } };
  expect(parseAction(inputs, event)).toEqual({
    action: 'show-tenant',
    input: { reference: 'acme' },
  });
  expect(parseAction(inputs, { action: 'list-tenants' })).toEqual({
    action: 'list-tenants',
    input: {},
  });
});

test.each(['drop-everything', 'constructor', undefined, ['list-tenants']])(
  'what is no action is refused with the list of those there are: %s',
  (action) => {
    expect(() => parseAction(inputs, { action })).toThrow(
      expect.objectContaining({
        code: 'TENANT_INPUT_INVALID',
        field: 'action',
        reason: 'must be one of show-tenant, list-tenants',
      }),
    );
  },
);

test('an input that does not fit is refused with the name of its first wrong value', () => {
  const event = { action: 'show-tenant', input: { reference: '' } };
  expect(() => parseAction(inputs, event)).toThrow(
    expect.objectContaining({ code: 'TENANT_INPUT_INVALID', field: 'reference' }),
  );
});
