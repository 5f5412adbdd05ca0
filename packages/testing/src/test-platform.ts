import { randomUUID } from 'node:crypto';
import { createTenantCaches, type TenantCaches } from '@tenantry/cache';
import { openCatalogDb, type DataApiDialectConfig } from '@tenantry/database';
import { openTestCache, type TestCache } from '@tenantry/local';
import {
  createTenantResolver,
  tenantApi,
  type HttpHandler,
  type TenantApiOptions,
  type TenantEndpoint,
} from '@tenantry/middleware';
import { compileMigrations, type CompiledMigrations } from '@tenantry/migrations';
import { toHttpEvent, toResponse, type TestRequest, type TestResponse } from './http-event.ts';
import { openTestCluster, passwordOf, type TestCluster } from './test-cluster.ts';
import { openTestLogins, type Over } from './test-logins.ts';
import { createTestTenant, tenantOfSecret, type OwnedTenant } from './test-tenant.ts';
import { createStock } from './tenant-stock.ts';

/** What a test's tenants are made of. */
export interface TestPlatformOptions {
  /** All migrations, the platform's own included: compiled, or the folders that hold them. */
  readonly migrations: CompiledMigrations | readonly string[];
  /** How tenants' code reaches PostgreSQL. @default 'data-api' */
  readonly over?: Over;
  /** The types of columns, as `tenantry types` writes them. @default - none */
  readonly columnTypes?: DataApiDialectConfig['columnTypes'];
  /** The `dataDir` of a test cluster that has ended, to begin with a copy of it, which takes less time. @default - an empty server */
  readonly template?: string | undefined;
}

/** A server with tenants, and the platform's own way to a handler. */
export interface TestPlatform<TenantTables, SharedTables> {
  /** The server, for what a tenant may not see. */
  readonly cluster: TestCluster;
  /** A fresh tenant. */
  createTenant(): Promise<OwnedTenant<TenantTables, SharedTables>>;
  /** Ends a tenant's sessions and drops it. */
  releaseTenant(tenant: OwnedTenant<TenantTables, SharedTables>): Promise<void>;
  /** Sends a request through host resolution, credentials and context to an endpoint's code. */
  invoke<Body>(
    endpoint: TenantEndpoint<TenantTables, SharedTables>,
    request: TestRequest & { readonly host: string },
  ): Promise<TestResponse<Body>>;
  /** The API of these endpoints, for tests that bring their own events. */
  apiOf(endpoints: TenantApiOptions<TenantTables, SharedTables>['endpoints']): HttpHandler;
  /** Ends all sessions, then the server. */
  close(): Promise<void>;
}

/** Tenants made before anybody asks for them: with two, a test and its stranger wait for neither. */
const ahead = 2;

/** Opens a platform on a server of its own. */
export async function openTestPlatform<TenantTables, SharedTables>(
  options: TestPlatformOptions,
): Promise<TestPlatform<TenantTables, SharedTables>> {
  const { over = 'data-api', columnTypes, template } = options;
  const cluster = await openTestCluster(await compile(options.migrations), { template });
  const logins = await openTestLogins(cluster, { over, columnTypes });
  const caches = await openTestCache();
  const openCache = openCachesOf(caches);
  const catalog = openCatalogDb(logins.dialectFor(catalogReader));
  const tenants = new Map<string, OwnedTenant<TenantTables, SharedTables>>();
  const stock = createStock(
    () => createTestTenant<TenantTables, SharedTables>({ cluster, logins, openCache }),
    ahead,
  );
  const resolver = createTenantResolver(catalog, { maxLookupsPerSecond: 1_000_000 });
  const apiOf: TestPlatform<TenantTables, SharedTables>['apiOf'] = (endpoints) =>
    tenantApi({
      endpoints,
      resolver,
      open: (route) => getTenant(tenants, tenantOfSecret(route.secretArn)),
      cache: openCache,
    });
  return {
    cluster,
    createTenant: async () => {
      const tenant = await stock.take();
      tenants.set(tenant.id, tenant);
      return tenant;
    },
    releaseTenant: async (tenant) => {
      tenants.delete(tenant.id);
      await tenant.close();
      await tenant.drop();
    },
    invoke: async (endpoint, request) => {
      const handler = apiOf([endpoint]);
      const result = await handler(toHttpEvent(request, request.host), lambdaContext() as never);
      return toResponse(result);
    },
    apiOf,
    close: async () => {
      const unused = await stock.close();
      await Promise.all([...tenants.values(), ...unused].map((tenant) => tenant.close()));
      await catalog.destroy();
      await logins.close();
      await caches.close();
      await cluster.close();
    },
  };
}

const catalogReader = {
  username: 'catalog_reader',
  password: passwordOf('catalog_reader'),
  secretArn: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:tenantry/test/platform/reader',
};

function openCachesOf({ place, tableName, roleArn }: TestCache): TenantCaches {
  return createTenantCaches({ ...place, tableName, roleArn });
}

async function compile(migrations: TestPlatformOptions['migrations']): Promise<CompiledMigrations> {
  return 'scopes' in migrations ? migrations : await compileMigrations({ roots: migrations });
}

function getTenant<Tenant>(tenants: ReadonlyMap<string, Tenant>, id: string): Tenant {
  const tenant = tenants.get(id);
  if (tenant === undefined) throw new TypeError(`tenant ${id} belongs to no running test`);
  return tenant;
}

function lambdaContext() {
  return {
    awsRequestId: randomUUID(),
    functionName: 'test',
    getRemainingTimeInMillis: () => 30_000,
  };
}
