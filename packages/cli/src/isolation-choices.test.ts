import { isolationTypes } from '@tenantry/tenancy';
import { expect, test } from 'vitest';
import { isolationChoices } from './isolation-choices.ts';

test('help and prompts know the same isolation types and trade-offs as the platform', () => {
  const platform = Object.entries(isolationTypes).map(([type, { tradeOff }]) => [type, tradeOff]);

  expect(Object.entries(isolationChoices)).toEqual(platform);
});
