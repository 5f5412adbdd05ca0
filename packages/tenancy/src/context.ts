import { AsyncLocalStorage } from 'node:async_hooks';
import { NoTenantError } from './errors.ts';
import type { Tenant } from './tenant.ts';

const storage = new AsyncLocalStorage<Tenant>();

/** The tenant of the running request or task; throws `NoTenantError` outside of one. */
export function currentTenant(): Tenant {
  const tenant = storage.getStore();
  if (tenant === undefined) throw new NoTenantError();
  return tenant;
}

/** The tenant of the running request or task, or undefined outside of one. */
export function findCurrentTenant(): Tenant | undefined {
  return storage.getStore();
}

/** Runs `fn` with `tenant` as the current one; nothing of it is seen outside or by what runs beside it. */
export function runAsTenant<Result>(tenant: Tenant, fn: () => Result): Result {
  return storage.run(tenant, fn);
}
