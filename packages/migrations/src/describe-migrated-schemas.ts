import { randomUUID } from 'node:crypto';
import { Kysely } from 'kysely';
import {
  describeSchema,
  pgDialect,
  platformRoles,
  prepareCluster,
  provisionTenantSchema,
  type PgDialectConfig,
  type PlatformRole,
  type SchemaDescription,
} from '@tenantry/database';
import { newTenantId } from '@tenantry/tenancy';
import { applyMigrations } from './apply-migrations.ts';
import type { CompiledMigrations } from './compiled-migrations.ts';
import type { TypedScope } from './generate-types.ts';
import { staticTargets, tenantTarget } from './migration-targets.ts';

type AnyDb = Kysely<Record<string, Record<string, unknown>>>;

/**
 * What the schemas look like when every migration is applied. Prepares `admin`'s database for it as a deploy does, with one empty tenant;
 * meant for a database that is thrown away afterwards.
 *
 * Throws `MigrationFailedError` for a migration that PostgreSQL refuses.
 */
export async function describeMigratedSchemas(
  admin: PgDialectConfig,
  { scopes }: CompiledMigrations,
): Promise<Readonly<Record<TypedScope, SchemaDescription>>> {
  const passwords = randomPasswords();
  const loginAs = (role: PlatformRole) => ({ ...admin, user: role, password: passwords[role] });
  return await withLogin(admin, async (db) => {
    await prepareCluster(db, { database: admin.database, passwords });
    const id = newTenantId();
    await withLogin(loginAs('platform_provisioner'), async (provisioner) => {
      await provisionTenantSchema(provisioner, id, { password: randomUUID() });
    });
    const targets = {
      shared: staticTargets.shared,
      site: staticTargets.site,
      tenant: tenantTarget(id),
    };
    await withLogin(loginAs('platform_migrator'), async (migrator) => {
      for (const scope of ['shared', 'site', 'tenant'] as const) {
        await applyMigrations(migrator, targets[scope], scopes[scope].migrations);
      }
    });
    return {
      shared: await describeSchema(db, targets.shared.schema),
      site: await describeSchema(db, targets.site.schema),
      tenant: await describeSchema(db, targets.tenant.schema),
    };
  });
}

function randomPasswords(): Record<PlatformRole, string> {
  const passwords = platformRoles.map((role) => [role, randomUUID()]);
  return Object.fromEntries(passwords) as Record<PlatformRole, string>;
}

async function withLogin<Result>(
  config: PgDialectConfig,
  fn: (db: AnyDb) => Promise<Result>,
): Promise<Result> {
  const db: AnyDb = new Kysely({ dialect: pgDialect({ ...config, maxSessions: 1 }) });
  try {
    return await fn(db);
  } finally {
    await db.destroy();
  }
}
