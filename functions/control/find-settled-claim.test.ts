import { expect, test } from 'vitest';
import type { TenantClaim } from '@tenantry/tenancy';
import { findSettledClaim } from './find-settled-claim.ts';

const provisioning = {
  status: 'provisioning',
  execution: 'create-acme-0-1',
} as unknown as TenantClaim;
const active = { ...provisioning, status: 'active' } as TenantClaim;

function finding(...claims: readonly TenantClaim[]): () => Promise<TenantClaim> {
  let calls = 0;
  return () => Promise.resolve(claims[Math.min(calls++, claims.length - 1)] as TenantClaim);
}

test('a tenant that gets ready between two looks is ready, not left unfinished', async () => {
  const settled = await findSettledClaim(finding(provisioning, active), () =>
    Promise.resolve(false),
  );
  expect(settled).toEqual({ claim: active, isRunning: false });
});

test('a creation at work is running, and one that ended without a word is not', async () => {
  const find = finding(provisioning);
  expect(await findSettledClaim(find, () => Promise.resolve(true))).toEqual({
    claim: provisioning,
    isRunning: true,
  });
  expect(await findSettledClaim(find, () => Promise.resolve(false))).toEqual({
    claim: provisioning,
    isRunning: false,
  });
});
