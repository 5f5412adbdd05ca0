import {
  ensureTemplateDatabase,
  prepareTenantDatabase,
  provisionTenantSchema,
} from '@tenantry/database';
import { applyMigrations, tenantTarget } from '@tenantry/migrations';
import { newTenantId, ownerNameOf, schemaNameOf, type TenantId } from '@tenantry/tenancy';
import { sql } from 'kysely';
import type { CreateContender, CreatePlace } from './contender.ts';

type Strategy = 'wal_log' | 'file_copy';

/** Filling an empty database, and copies of a template that holds the platform's functions (what is built), or all migrations as well. */
export async function databaseWays(place: CreatePlace): Promise<CreateContender[]> {
  const { provisioner } = place.cluster;
  const fill = withSessions(place, fillDatabase);
  const migrated = newTenantId();
  await fill(migrated);
  await closeTemplate(place, migrated);
  await withSessions(place, async ({ openProvisioner }) => {
    await ensureTemplateDatabase({
      home: provisioner,
      openDatabase: openProvisioner,
      openAsAdmin: place.cluster.openAsAdmin,
    });
  })(migrated);
  const prepared = await findTemplate(place);
  const ways = (strategy: Strategy): Omit<CreateContender, 'isolation'>[] => [
    {
      name: `database, template with functions, ${strategy}`,
      create: withSessions(place, (logins, id) =>
        copyPrepared(logins, { template: prepared, id, strategy }),
      ),
    },
    {
      name: `database, migrated template, ${strategy}`,
      create: withSessions(place, (logins, id) =>
        copyMigrated(logins, { template: schemaNameOf(migrated), id, strategy }),
      ),
    },
  ];
  const all = [
    { name: 'database, replay', create: fill },
    ...ways('wal_log'),
    ...ways('file_copy'),
  ];
  return all.map((way) => ({ isolation: 'database', ...way }));
}

/** Sessions of one creation end with it; they would fill the server otherwise. */
function withSessions(
  place: CreatePlace,
  create: (logins: CreatePlace, id: TenantId) => Promise<void>,
): (id: TenantId) => Promise<void> {
  return async (id) => {
    const opened: { destroy(): Promise<void> }[] = [];
    const remember =
      (open: CreatePlace['openMigrator']): CreatePlace['openMigrator'] =>
      (database) => {
        const login = open(database);
        opened.push(login);
        return login;
      };
    const [openMigrator, openProvisioner] = [place.openMigrator, place.openProvisioner].map(
      remember,
    );
    try {
      await create({ ...place, openMigrator, openProvisioner } as CreatePlace, id);
    } finally {
      await Promise.all(opened.map((login) => login.destroy()));
    }
  };
}

async function findTemplate({ cluster }: CreatePlace): Promise<string> {
  const { rows } = await sql<{ name: string }>`
    select cast(datname as text) as name from pg_database where datname like 'template\\_tenantry\\_%'`.execute(
    cluster.provisioner,
  );
  return rows[0]?.name ?? '';
}

async function fillDatabase(place: CreatePlace, id: TenantId): Promise<void> {
  const name = schemaNameOf(id);
  const { provisioner } = place.cluster;
  await sql`create database ${sql.id(name)} template template0 strategy wal_log`.execute(
    provisioner,
  );
  await finish(place, id);
}

/** What comes after the database is there. */
async function finish(place: CreatePlace, id: TenantId): Promise<void> {
  const name = schemaNameOf(id);
  const own = place.openProvisioner(name);
  await prepareTenantDatabase(own, id);
  await provisionTenantSchema(own, id, { password: `password-of-${id}` });
  await sql`grant connect on database ${sql.id(name)} to ${sql.id(name)}`.execute(own);
  const target = tenantTarget(id);
  await applyMigrations(place.openMigrator(name), target, place.migrations, { isUnused: true });
}

interface Copy {
  readonly template: string;
  readonly id: TenantId;
  readonly strategy: Strategy;
}

/** No session may be in a template while it is copied. */
async function closeTemplate({ cluster }: CreatePlace, id: TenantId): Promise<void> {
  const name = sql.id(schemaNameOf(id));
  await sql`alter database ${name} with allow_connections false`.execute(cluster.provisioner);
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${schemaNameOf(id)}`.execute(
    cluster.provisioner,
  );
}

async function copyDatabase({ cluster }: CreatePlace, { template, id, strategy }: Copy) {
  const [from, to] = [sql.id(template), sql.id(schemaNameOf(id))];
  const copy = sql`create database ${to} template ${from} strategy ${sql.raw(strategy)}`;
  await copy.execute(cluster.provisioner);
}

async function copyPrepared(place: CreatePlace, copy: Copy): Promise<void> {
  await copyDatabase(place, copy);
  await finish(place, copy.id);
}

/** The template's schema becomes the tenant's: its name, its owner, and the rights of the template's role. */
async function copyMigrated(place: CreatePlace, copy: Copy): Promise<void> {
  const { template, id } = copy;
  const name = schemaNameOf(id);
  await copyDatabase(place, copy);
  const own = place.openProvisioner(name);
  await prepareTenantDatabase(own, id);
  await sql.raw(takeOver(template, id)).execute(own);
  await provisionTenantSchema(own, id, { password: `password-of-${id}` });
  await sql.raw(handOver(template, id)).execute(own);
  await sql`grant connect on database ${sql.id(name)} to ${sql.id(name)}`.execute(own);
}

function takeOver(template: string, id: TenantId): string {
  return `do $$ begin
    perform tenantry.ensure_role('${ownerNameOf(id)}', 'nologin', null);
    alter schema ${template} rename to ${schemaNameOf(id)};
    reassign owned by ${ownerOf(template)} to ${ownerNameOf(id)};
  end $$`;
}

function handOver(template: string, id: TenantId): string {
  const [from, to] = [template, schemaNameOf(id)];
  return `do $$ declare v_right record; begin
    for v_right in
      select c.oid::regclass::text as name, string_agg(a.privilege_type, ', ') as rights
      from pg_class c, aclexplode(c.relacl) a
      where c.relnamespace = '${to}'::regnamespace and a.grantee = '${from}'::regrole group by c.oid
    loop
      execute format('grant %s on %s to ${to}', v_right.rights, v_right.name);
    end loop;
    drop owned by ${from}, ${ownerOf(template)};
  end $$`;
}

function ownerOf(schema: string): string {
  return schema.replace(/^t_/, 'o_');
}
