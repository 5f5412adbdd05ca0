import { createTenantResolver, type TenancyOptions } from '@tenantry/middleware';
import type { PollsSharedTables, PollsTenantTables } from '@tenantry/polls';
import { parseTenantId } from '@tenantry/tenancy';
import { openCatalog } from '../databases.ts';
import { findEnvironment, readEnvironment } from '../environment.ts';
import { openTenantTables } from '../open-tenant-tables.ts';

/** How an application finds the tenant of a request, and opens its tables. */
export type Application = Pick<
  TenancyOptions<PollsTenantTables, PollsSharedTables>,
  'resolver' | 'open'
>;

/** The application that this function's environment makes it: of all tenants that share one, or of the one that it was launched for. */
export function openApplication(): Application {
  const tenantId = findEnvironment('tenantId');
  return tenantId === undefined ? openSharedApplication() : openDedicatedApplication(tenantId);
}

function openSharedApplication(): Application {
  const environment = readEnvironment('clusterArn', 'database', 'catalogReaderSecretArn');
  return {
    resolver: createTenantResolver(openCatalog(environment, environment.catalogReaderSecretArn)),
    open: (route) =>
      openTenantTables(route, { secretArn: route.secretArn, home: environment, pool: route.pool }),
  };
}

// Where its data is and with which login it works comes from its environment alone, never from the catalog.
function openDedicatedApplication(tenantId: string): Application {
  const own = readEnvironment('clusterArn', 'database');
  const {
    tenantSecretArn: secretArn,
    homeClusterArn,
    homeDatabase,
  } = readEnvironment('tenantSecretArn', 'homeClusterArn', 'homeDatabase');
  const home = { clusterArn: homeClusterArn, database: homeDatabase };
  return {
    resolver: createTenantResolver(openCatalog(home, secretArn), { only: parseTenantId(tenantId) }),
    open: () => openTenantTables(own, { secretArn, home, pool: null }),
  };
}
