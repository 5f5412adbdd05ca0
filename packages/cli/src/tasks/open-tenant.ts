import { join } from 'node:path';
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import {
  createCredentialsCache,
  createDataApiClient,
  createSecretsClient,
  DataApiDialect,
  openNoTables,
  openPgServers,
  openTenantDb,
  readCredentials,
  type ColumnTypes,
  type TenantHandles,
} from '@tenantry/database';
import { hasTables, type ControlActions } from '@tenantry/tenancy';
import { findConfig } from '../load-config.ts';
import type { PlatformPlace } from '../system/platform.ts';

/** Where a tenant's data is, and where the tables are that all tenants read. */
export type FoundRoute = ControlActions['show-route']['result'];

/** Opens tenants' tables, each one logged in as itself: over the Data API, or directly at a server that its customer brought along. */
export interface TenantOpener {
  open(found: FoundRoute): TenantHandles<never, never>;
  close(): Promise<void>;
}

/** An opener for a system; the types of the columns are the project's generated ones, where `cwd` lies in a project. */
export async function createTenantOpener(place: PlatformPlace, cwd: string): Promise<TenantOpener> {
  const client = createDataApiClient(place);
  const columnTypes = await findColumnTypes(cwd);
  const secrets = createSecretsClient(place);
  const servers = openPgServers({
    credentials: createCredentialsCache(async (arn) => await readCredentials(secrets, arn)),
  });
  return {
    open: ({ route, home }) => {
      if (!hasTables(route)) return openNoTables(route.tenant.id);
      const { clusterArn, database, secretArn, pool, server } = route;
      const openAt = (address: FoundRoute['home']) =>
        new DataApiDialect({
          mode: 'postgres',
          driver: {
            client,
            secretArn,
            resourceArn: address.clusterArn,
            database: address.database,
          },
          columnTypes,
        });
      const own =
        server === undefined
          ? openAt({ clusterArn, database })
          : servers.dialect(server, { secretArn, database });
      const options = { sharesTables: pool !== null, columnTypes };
      return openTenantDb<never, never>(own, openAt(home), options);
    },
    close: async () => {
      client.destroy();
      await servers.close();
      secrets.destroy();
    },
  };
}

async function findColumnTypes(cwd: string): Promise<ColumnTypes> {
  const project = await findConfig(cwd);
  if (project === undefined) return {};
  const types: Record<string, ColumnTypes[string]> = {};
  for (const scope of ['shared', 'tenant']) {
    const file = join(project.root, project.config.types, `${scope}-tables.gen.ts`);
    if (!existsSync(file)) continue;
    const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
    Object.assign(types, module[`${scope}ColumnTypes`]);
  }
  return types;
}
