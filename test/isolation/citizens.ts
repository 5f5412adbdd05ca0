import { randomUUID } from 'node:crypto';
import {
  copyTemplateRows,
  ensureCommandGuard,
  provisionPool,
  provisionPoolTenant,
  provisionTenantDatabase,
  provisionTenantSchema,
} from '@tenantry/database';
import {
  applyMigrations,
  pooledMigrations,
  poolTarget,
  tenantTarget,
  type CompiledMigration,
  type MigrationTarget,
} from '@tenantry/migrations';
import {
  activateTenant,
  defaultPool,
  ownerNameOf,
  parseCreateTenantRequest,
  parsePoolName,
  poolOwnerOf,
  poolSchemaOf,
  reserveTenant,
  schemaNameOf,
  type CustomerDatabase,
  type PoolName,
  type TenantId,
} from '@tenantry/tenancy';
import { passwordOf, type AnyDb, type TestCluster } from '@tenantry/testing';
import type { CustomerServer } from './customer-server.ts';
import type { Login, Roads } from './roads.ts';

/** How a tenant of the arena is kept: by an isolation type, and those that share tables in one pool or another. */
export const kinds = ['schema', 'database', 'table', 'table of another pool'] as const;
/** Besides them one whose customer brought the server along, where there is such a server. */
export type Kind = (typeof kinds)[number] | "customer's server";

const pools = new Map<Kind, PoolName>([
  ['table', defaultPool],
  ['table of another pool', parsePoolName('premium')],
]);

/** A tenant with its names, its login, and words that nobody else may ever read. */
export interface Citizen extends Login {
  readonly id: TenantId;
  readonly kind: Kind;
  readonly slug: string;
  readonly name: string;
  readonly host: string;
  /** Where its tables are. */
  readonly schema: string;
  readonly owner: string;
  /** The pool that they belong to, if they are shared. */
  readonly pool: PoolName | undefined;
  /** In every text of its rows. */
  readonly marker: string;
  readonly pollIds: readonly string[];
}

/** Where citizens are made. */
export interface Land {
  readonly cluster: TestCluster;
  readonly roads: Roads;
  /** @default - nobody brought a server along */
  readonly customer?: CustomerServer | undefined;
}

const actor = 'arena';
let made = 0;

/** A tenant in the catalog, with its tables and rows in them. */
export async function createCitizen(
  land: Land,
  { kind, polls }: { readonly kind: Kind; readonly polls: number },
): Promise<Citizen> {
  made += 1;
  const slug = `hulk-${made}`;
  const name = `Bruce Banner ${made} GmbH`;
  const { catalog } = land.cluster;
  const pool = pools.get(kind);
  const at = kind === "customer's server" ? land.customer : undefined;
  const brought = at?.databaseNamed(`brought_${made}`);
  const isolation = at === undefined ? (pool === undefined ? kind : 'table') : 'database';
  const fields = { plan: `gamma-plan-${made}` };
  const place = { ...(pool !== undefined && { pool }), ...(brought && { database: brought }) };
  const input = { slug, name, isolation, actor, fields, ...place };
  const request = parseCreateTenantRequest(input, { baseDomain: 'tenants.test' });
  const id = await reserveTenant(catalog, request, slug);
  const role = schemaNameOf(id);
  const login = {
    role,
    password: randomUUID(),
    secretArn: `arn:aws:secretsmanager:us-east-1:000000000000:secret:tenantry/test/tenant/${id}`,
    database: brought?.name ?? (kind === 'database' ? role : 'tenantry'),
    ...(at && { at }),
  };
  const migrate =
    at === undefined || brought === undefined
      ? await provision(land, id, { kind, password: login.password })
      : await provisionAt(at, id, { cluster: land.cluster, login, brought });
  const citizen = {
    ...login,
    id,
    kind,
    slug,
    name,
    host: request.domain,
    ...tablesOf(kind, id),
    marker: `obsidian-${made}`,
  };
  const pollIds = await fillTables(land, { citizen, polls });
  await migrate();
  await activateTenant(catalog, id, { actor, secretArn: login.secretArn, migrated: null });
  return { ...citizen, pollIds };
}

function tablesOf(kind: Kind, id: TenantId): Pick<Citizen, 'schema' | 'owner' | 'pool'> {
  const pool = pools.get(kind);
  if (pool === undefined) return { schema: schemaNameOf(id), owner: ownerNameOf(id), pool };
  return { schema: poolSchemaOf(pool), owner: poolOwnerOf(pool), pool };
}

/** As the migrator, where a tenant's tables are. */
export function openMigrator(
  { cluster }: Pick<Land, 'cluster'>,
  { database, at, id }: Pick<Login, 'database' | 'at'> & { readonly id?: TenantId },
): AnyDb {
  if (at !== undefined && id !== undefined) return at.openAs(`m_${id}`, `migrator-${id}`, database);
  const role = 'platform_migrator';
  return cluster.openAs(role, passwordOf(role), { database, maxSessions: 1 });
}

/** The schema that a tenant's migrations are applied to. */
export function targetOf({ id, pool }: Pick<Citizen, 'id' | 'pool'>): MigrationTarget {
  return pool === undefined ? tenantTarget(id) : poolTarget(pool);
}

/** Makes roles, place and tables; what is still to be migrated when there are rows is done by the function that this answers. */
export async function provision(
  land: Land,
  id: TenantId,
  { kind, password }: { readonly kind: Kind; readonly password: string },
): Promise<() => Promise<void>> {
  const { cluster } = land;
  const { migrations } = cluster.compiled.scopes.tenant;
  const poolable = migrations.filter(({ module }) => module !== 'totals');
  const pool = pools.get(kind);
  if (pool !== undefined) {
    await joinPool(cluster, id, { pool, password, migrations: poolable });
    return async () => undefined;
  }
  const database = kind === 'database' ? schemaNameOf(id) : 'tenantry';
  const options = { password, connectionLimit: 20 };
  if (kind === 'database') {
    const home = cluster.provisioner;
    const role = 'platform_provisioner';
    const openDatabase = () => cluster.openAs(role, passwordOf(role), { database, maxSessions: 1 });
    await provisionTenantDatabase({ home, openDatabase }, id, options);
    await ensureCommandGuard(cluster.openAsAdmin(database));
  } else {
    await provisionTenantSchema(cluster.provisioner, id, options);
  }
  const migrator = openMigrator(land, { database });
  await applyMigrations(migrator, tenantTarget(id), poolable);
  return async () => void (await applyMigrations(migrator, tenantTarget(id), migrations));
}

async function provisionAt(
  at: CustomerServer,
  id: TenantId,
  options: {
    readonly cluster: TestCluster;
    readonly login: Login;
    readonly brought: CustomerDatabase;
  },
): Promise<() => Promise<void>> {
  const { cluster, login, brought } = options;
  const { provisioner: home, compiled } = cluster;
  await at.provision(id, brought, { password: login.password, home });
  const migrator = openMigrator({ cluster }, { ...login, id });
  const { migrations } = compiled.scopes.tenant;
  const before = migrations.filter(({ module }) => module !== 'totals');
  await applyMigrations(migrator, tenantTarget(id), before);
  return async () => void (await applyMigrations(migrator, tenantTarget(id), migrations));
}

async function joinPool(
  { provisioner, migrator }: TestCluster,
  id: TenantId,
  options: {
    readonly pool: PoolName;
    readonly password: string;
    readonly migrations: readonly CompiledMigration[];
  },
): Promise<void> {
  const { pool, password, migrations } = options;
  await provisionPool(provisioner, pool);
  await provisionPoolTenant(provisioner, id, { pool, password, connectionLimit: 20 });
  await applyMigrations(migrator, poolTarget(pool), pooledMigrations(migrations));
  await copyTemplateRows(migrator, id, pool);
}

/** Rows of every kind, written by the tenant itself. */
async function fillTables(
  { roads }: Land,
  { citizen, polls: count }: { readonly citizen: Omit<Citizen, 'pollIds'>; readonly polls: number },
): Promise<string[]> {
  const { marker } = citizen;
  const run = roads.runAs(citizen).pg;
  const polls = await run([
    `insert into poll (question, import_key) select '${marker} asks ' || n, '${marker}-' || n from generate_series(1, ${count}) n returning id`,
  ]);
  await run([
    `insert into choice (poll_id, position, text) select id, 1, '${marker} answers' from poll`,
    `insert into account (username, password_verifier) values ('${marker}', '${marker} verifies')`,
    `insert into project (code) values ('${marker}-code')`,
    `insert into task (project_id, title) select id, '${marker} works' from project`,
    `insert into event (happened_on, id, note) values ('2026-05-01', 1, '${marker} happens')`,
    `select nextval('ticket') from generate_series(1, 3)`,
  ]);
  return polls.map(([id]) => String(id));
}
