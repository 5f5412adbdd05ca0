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

/**
 * Makes `tenant` the current one for the rest of the running asynchronous function and all it starts. For frames that call back step by
 * step, such as middy's; wherever there is a function to wrap, use `runAsTenant`.
 *
 * Call it after an `await` only: before the first one it would also reach the code that called the function.
 */
export function enterTenant(tenant: Tenant): void {
  storage.enterWith(tenant);
}
