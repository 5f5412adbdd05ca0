import {
  ensureTemplateDatabase,
  provisionAndVerifySchema,
  provisionTenantDatabase,
  verifyPrivileges,
} from '@tenantry/database';
import {
  applyMigrations,
  compileMigrations,
  pooledMigrations,
  poolTarget,
  tenantTarget,
  type CompiledMigration,
  type MigrationTarget,
} from '@tenantry/migrations';
import { newTenantId, parsePoolName, schemaNameOf, type TenantId } from '@tenantry/tenancy';
import { openTestCluster, passwordOf } from '@tenantry/testing';
import { sql, type QueryExecutorProvider } from 'kysely';
import { createPoolTenant } from '../test/support/create-pool-tenant.ts';
import { migrationRoots } from '../test/support/migration-roots.ts';
import { describeMachine, percentiles, timeInTurn, toTable } from './measure.ts';
import { readOptions } from './read-options.ts';

const { tenants, rounds, lanes } = readOptions('isolation');

const kinds = ['schema', 'database', 'table'] as const;
type Kind = (typeof kinds)[number];

/** A tenant that was made, and where. */
interface Made {
  readonly id: TenantId;
  readonly password: string;
  readonly database: string;
}

const home = 'tenantry';
const pool = parsePoolName('main');
const compiled = await compileMigrations({ roots: migrationRoots });
const { migrations } = compiled.scopes.tenant;
const cluster = await openTestCluster(compiled, { durable: true });
async function run(): Promise<void> {
  await withLogins(async ({ openProvisioner }) => {
    const logins = {
      home: cluster.provisioner,
      openDatabase: openProvisioner,
      openAsAdmin: cluster.openAsAdmin,
    };
    await ensureTemplateDatabase(logins);
  });
  // The first tenant of a pool makes the tables, which then stand for all.
  await create.table();
  const made = { schema: [], database: [], table: [] } as Record<Kind, Made[]>;
  const creation = { schema: [], database: [], table: [] } as Record<Kind, number[]>;
  const bytes = { schema: 0, database: 0, table: 0 };
  for (const kind of kinds) {
    const before = await readServerBytes();
    for (let count = 0; count < tenants; count += 1) {
      const start = performance.now();
      made[kind].push(await create[kind]());
      creation[kind].push(performance.now() - start);
    }
    bytes[kind] = ((await readServerBytes()) - before) / tenants;
  }
  const requests = await timeRequests(made);
  const rows = [];
  for (const kind of kinds) {
    const seconds = (await timeMigration(kind, made[kind])) / 1000;
    const perThousand = kind === 'table' ? seconds : (seconds / tenants) * 1000;
    rows.push([
      kind,
      percentiles(creation[kind]).p50.toFixed(0),
      `${(bytes[kind] / 1024).toFixed(0)} kB`,
      requests[`${kind}, warm`]?.p50.toFixed(3) ?? '',
      requests[`${kind}, new session`]?.p50.toFixed(1) ?? '',
      `${perThousand.toFixed(perThousand < 10 ? 2 : 0)} s`,
    ]);
  }
  console.log(
    `${describeMachine()}; PostgreSQL 17, fsync on; ${tenants} empty tenants of each type\n`,
  );
  const head = [
    'isolation',
    'create, p50 ms',
    'storage',
    'a query, p50 ms',
    'with a new session, p50 ms',
    `a migration of 1,000, ${lanes} at once`,
  ];
  console.log(toTable(head, rows));
}

const create: Readonly<Record<Kind, () => Promise<Made>>> = {
  schema: async () => {
    const made = newTenant(home);
    await provisionAndVerifySchema(cluster.provisioner, made.id, made);
    await applyMigrations(cluster.migrator, tenantTarget(made.id), migrations, { isUnused: true });
    return made;
  },
  database: async () => {
    const id = newTenantId();
    const made = { id, password: `password-of-${id}`, database: schemaNameOf(id) };
    await withLogins(async ({ openProvisioner, openMigrator }) => {
      const own = openProvisioner(made.database);
      await provisionTenantDatabase(
        { home: cluster.provisioner, openDatabase: () => own },
        id,
        made,
      );
      await verifyPrivileges(own, id);
      const target = tenantTarget(id);
      await applyMigrations(openMigrator(made.database), target, migrations, { isUnused: true });
    });
    return made;
  },
  table: async () => {
    const { id, password } = await createPoolTenant(cluster, pool, pooledMigrations(migrations));
    return { id, password, database: home };
  },
};

function newTenant(database: string): Made {
  const id = newTenantId();
  return { id, password: `password-of-${id}`, database };
}

interface Logins {
  readonly openProvisioner: (database: string) => QueryExecutorProvider;
  readonly openMigrator: (database: string) => typeof cluster.migrator;
}

/** Sessions in tenants' own databases, ended after `fn`: a server has room for a hundred. */
async function withLogins(fn: (logins: Logins) => Promise<void>): Promise<void> {
  const opened: { destroy(): Promise<void> }[] = [];
  const open = (role: 'platform_provisioner' | 'platform_migrator') => (database: string) => {
    const login = cluster.openAs(role, passwordOf(role), { database, maxSessions: 1 });
    opened.push(login);
    return login;
  };
  try {
    await fn({
      openProvisioner: open('platform_provisioner'),
      openMigrator: open('platform_migrator'),
    });
  } finally {
    await Promise.all(opened.map((login) => login.destroy()));
  }
}

/** All databases together, catalogs and indexes included. */
async function readServerBytes(): Promise<number> {
  await sql`checkpoint`.execute(cluster.admin).catch(() => undefined);
  const { rows } = await sql<{ bytes: string }>`
    select sum(pg_database_size(datname))::text as bytes from pg_database`.execute(cluster.admin);
  return Number(rows[0]?.bytes);
}

async function timeRequests(made: Readonly<Record<Kind, readonly Made[]>>) {
  const opened: { destroy(): Promise<void> }[] = [];
  const openOne = ({ id, password, database }: Made) =>
    cluster.openAs(schemaNameOf(id), password, { database, maxSessions: 1 });
  const query = sql`select id, question from poll order by id desc limit 10`;
  const works = Object.fromEntries(
    kinds.flatMap((kind) => {
      const [first] = made[kind];
      if (first === undefined) throw new Error('there is no tenant');
      const warm = openOne(first);
      opened.push(warm);
      return [[`${kind}, warm`, async () => await query.execute(warm)] as const];
    }),
  );
  const cold = Object.fromEntries(
    kinds.map((kind) => [
      `${kind}, new session`,
      async (round: number) => {
        const login = openOne(made[kind][round % tenants] as Made);
        await query.execute(login);
        await login.destroy();
      },
    ]),
  );
  const times = { ...(await timeInTurn(works, rounds)), ...(await timeInTurn(cold, tenants)) };
  await Promise.all(opened.map((login) => login.destroy()));
  return times;
}

/** Milliseconds for one migration of all tenants of a kind. */
async function timeMigration(kind: Kind, made: readonly Made[]): Promise<number> {
  const more = [...migrations, oneMore()];
  const start = performance.now();
  if (kind === 'table') {
    await applyMigrations(cluster.migrator, poolTarget(pool), [
      ...pooledMigrations(migrations),
      oneMore(),
    ]);
    return performance.now() - start;
  }
  const queue = [...made];
  const lane = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop())
      await migrateOne(next, tenantTarget(next.id), more);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return performance.now() - start;
}

async function migrateOne(
  { database }: Made,
  target: MigrationTarget,
  more: readonly CompiledMigration[],
): Promise<void> {
  if (database === home) {
    await applyMigrations(cluster.migrator, target, more);
    return;
  }
  await withLogins(async ({ openMigrator }) => {
    await applyMigrations(openMigrator(database), target, more);
  });
}

/** Adds a column that is not null: what most migrations are like. */
function oneMore(): CompiledMigration {
  const last = migrations.at(-1);
  const [statement] = last?.up ?? [];
  if (last === undefined || statement === undefined) throw new Error('there are no migrations');
  const text = 'alter table poll add column is_pinned boolean not null default false';
  return {
    ...last,
    id: `${last.module}/9999_pinned`,
    checksum: last.checksum.split('').toReversed().join(''),
    up: [{ ...statement, sql: text }],
  };
}

try {
  await run();
} finally {
  await cluster.close();
}
