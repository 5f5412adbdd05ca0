import { join } from 'node:path';
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import {
  createDataApiClient,
  DataApiDialect,
  openTenantDb,
  type ColumnTypes,
  type TenantHandles,
} from '@tenantry/database';
import type { TenantRoute } from '@tenantry/tenancy';
import { findConfig } from '../load-config.ts';
import type { PlatformPlace } from '../system/platform.ts';

/** Opens tenants' tables over the Data API, each one logged in as itself. */
export interface TenantOpener {
  open(route: TenantRoute): TenantHandles<never, never>;
  close(): void;
}

/** An opener for a system; the types of the columns are the project's generated ones, where `cwd` lies in a project. */
export async function createTenantOpener(place: PlatformPlace, cwd: string): Promise<TenantOpener> {
  const client = createDataApiClient(place);
  const columnTypes = await findColumnTypes(cwd);
  return {
    open: ({ clusterArn, database, secretArn }) =>
      openTenantDb<never, never>(
        new DataApiDialect({
          mode: 'postgres',
          driver: { client, secretArn, resourceArn: clusterArn, database },
          columnTypes,
        }),
      ),
    close: () => client.destroy(),
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
