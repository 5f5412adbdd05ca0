import { Kysely, PostgresDialect, sql } from 'kysely';
import { Migrator, type MigrationProvider } from 'kysely/migration';
import { Pool } from 'pg';
import type { CompiledMigration } from '@tenantry/migrations';
import { schemaNames, type Contender } from './contender.ts';
import type { Workload } from './workload.ts';

/** What a team writes first: for each tenant a connection with its search_path, and Kysely's own Migrator. */
export function kyselyMigrator({ ten, oneMore }: Workload, tenants: number): Contender {
  return {
    name: "Kysely's Migrator",
    tenants,
    async open({ postgres, adminLogin }, count) {
      const migrateAll = async (migrations: readonly CompiledMigration[]) => {
        for (const schema of schemaNames(count)) {
          const pool = new Pool({
            ...postgres,
            user: adminLogin.user,
            password: adminLogin.password,
            max: 1,
            options: `-c search_path=${schema}`,
          });
          const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
          try {
            await migrate(db, schema, migrations);
          } finally {
            await db.destroy();
          }
        }
      };
      return {
        create: async () => await migrateAll(ten),
        applyOneMore: async () => await migrateAll([...ten, oneMore]),
        findNothing: async () => await migrateAll([...ten, oneMore]),
        close: async () => undefined,
      };
    },
  };
}

async function migrate(
  db: Kysely<unknown>,
  schema: string,
  migrations: readonly CompiledMigration[],
): Promise<void> {
  await sql`create schema if not exists ${sql.id(schema)}`.execute(db);
  const migrator = new Migrator({
    db,
    provider: providerOf(migrations),
    migrationTableSchema: schema,
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw new Error(`${schema} was not migrated`, { cause: error });
}

function providerOf(migrations: readonly CompiledMigration[]): MigrationProvider {
  const entries = migrations.map(({ id, up }) => [
    id,
    {
      up: async (db: Kysely<unknown>) => {
        for (const statement of up) await sql.raw(statement.sql).execute(db);
        await sql`set constraints all immediate`.execute(db);
      },
    },
  ]);
  return { getMigrations: async () => Object.fromEntries(entries) };
}
