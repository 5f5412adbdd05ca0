import type { TenantEndpoint } from '@tenantry/middleware';
import { test, type TestAPI } from 'vitest';
import type { TestRequest, TestResponse } from './http-event.ts';
import { openTestPlatform, type TestPlatform, type TestPlatformOptions } from './test-platform.ts';
import type { TestTenant } from './test-tenant.ts';

/** Sends a request to an endpoint at the host of `tenant`, unless it names another one. */
export type Invoke<TenantTables, SharedTables> = <Body = Record<string, unknown>>(
  endpoint: TenantEndpoint<TenantTables, SharedTables>,
  request: TestRequest,
) => Promise<TestResponse<Body>>;

/** What a test gets beside what vitest gives. */
export interface TenantTestContext<TenantTables, SharedTables> {
  /** The server that all tests of the worker share. */
  readonly platform: TestPlatform<TenantTables, SharedTables>;
  /** The test's own tenant, fresh and migrated; dropped afterwards. */
  readonly tenant: TestTenant<TenantTables, SharedTables>;
  /** A stranger, made only for tests that ask for it. */
  readonly other: TestTenant<TenantTables, SharedTables>;
  readonly invoke: Invoke<TenantTables, SharedTables>;
}

/**
 * vitest's `test` with a tenant for each test, on an embedded PostgreSQL, behind the real request path. The server starts with the
 * first test of a worker and counts as that test's time: set `testTimeout` to 20 seconds or more.
 *
 * @example
 * const test = tenantTest<TenantTables, SharedTables>({ migrations: ['migrations'] });
 *
 * test('stays invisible to other tenants', async ({ invoke, other, expect }) => {
 *   await invoke(createPoll, { method: 'POST', path: '/polls', body: { question: 'Tea?' } });
 *   expect(await other.db.selectFrom('poll').selectAll().execute()).toEqual([]);
 * });
 */
export function tenantTest<TenantTables, SharedTables>(
  options: TestPlatformOptions,
): TestAPI<TenantTestContext<TenantTables, SharedTables>> {
  type Fixtures = TenantTestContext<TenantTables, SharedTables>;
  return (
    test
      // oxlint-disable-next-line no-empty-pattern -- vitest reads the names of the fixtures out of the pattern
      .extend('platform', { scope: 'worker' }, async ({}, { onCleanup }) => {
        const platform = await openTestPlatform<TenantTables, SharedTables>(options);
        onCleanup(() => platform.close());
        return platform;
      })
      .extend('tenant', async ({ platform }, { onCleanup }) => {
        const tenant = await platform.createTenant();
        onCleanup(() => platform.releaseTenant(tenant));
        return tenant;
      })
      .extend('other', async ({ platform }, { onCleanup }) => {
        const other = await platform.createTenant();
        onCleanup(() => platform.releaseTenant(other));
        return other;
      })
      .extend('invoke', ({ platform, tenant }): Fixtures['invoke'] => {
        return (endpoint, request) =>
          platform.invoke(endpoint, { ...request, host: request.host ?? tenant.host });
      }) as never
  );
}
