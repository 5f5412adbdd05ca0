export { tenantTest, type Invoke, type TenantTestContext } from './tenant-test.ts';
export type { TestRequest, TestResponse } from './http-event.ts';
export { openTestPlatform, type TestPlatform, type TestPlatformOptions } from './test-platform.ts';
export { openTestCluster, passwordOf, type AnyDb, type TestCluster } from './test-cluster.ts';
export type { OwnedTenant, TestTenant } from './test-tenant.ts';
export { openTestLogins, type Over, type TestLogin, type TestLogins } from './test-logins.ts';
