import { setImmediate as tick } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  currentTenant,
  findCurrentTenant,
  newTenantId,
  runAsTenant,
  type Tenant,
} from './index.ts';

const tenant = (slug: string) => ({ id: newTenantId(), slug }) as Tenant;

test('outside of a tenant there is none, and asking for it is an error', () => {
  expect(findCurrentTenant()).toBeUndefined();
  expect(() => currentTenant()).toThrow(
    expect.objectContaining({ code: 'TENANT_CONTEXT_MISSING' }),
  );
});

test('the inner tenant hides the outer one and leaves with its function', () => {
  runAsTenant(tenant('outer'), () => {
    runAsTenant(tenant('inner'), () => expect(currentTenant().slug).toBe('inner'));
    expect(currentTenant().slug).toBe('outer');
  });
  expect(findCurrentTenant()).toBeUndefined();
});

test('requests that run beside each other never see each other', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 5 }), { minLength: 2, maxLength: 20 }),
      async (pauses) => {
        await Promise.all(
          pauses.map((pause, index) =>
            runAsTenant(tenant(`tenant-${index}`), async () => {
              for (let step = 0; step <= pause; step += 1) {
                await tick();
                expect(currentTenant().slug).toBe(`tenant-${index}`);
              }
            }),
          ),
        );
      },
    ),
  );
});
