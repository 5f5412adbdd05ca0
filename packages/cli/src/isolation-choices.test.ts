import { isolationTypes } from '@tenantry/tenancy';
import { expect, test } from 'vitest';
import { isolationChoices } from './isolation-choices.ts';

test('help and prompts know the same isolation types and trade-offs as the platform', () => {
  expect(isolationChoices).toEqual(isolationTypes);
  expect(Object.keys(isolationChoices)).toEqual(Object.keys(isolationTypes));
});
