import { attackCache } from '@tenantry/cache';
import {
  isLoginRefused,
  runReadOnlyAttacks,
  sqlStateOf,
  type AttackedTenant,
} from '@tenantry/database';
import {
  findRoute,
  hasTables,
  ownerNameOf,
  parseHost,
  poolOwnerOf,
  poolSchemaOf,
  schemaNameOf,
  TenantInputError,
  TenantNotFoundError,
  type CatalogDb,
  type IsolationCell,
  type IsolationCheckActions,
  type TablesRoute,
  type TenantRoute,
} from '@tenantry/tenancy';
import { sql, type Kysely } from 'kysely';
import type { DatabaseAddress } from '../databases.ts';

type Action = IsolationCheckActions['check-isolation'];

/** What a check works with. */
export interface CheckIsolationOptions {
  /** As `catalog_reader`. */
  readonly catalog: CatalogDb;
  readonly home: DatabaseAddress;
  readonly openAs: (address: DatabaseAddress, secretArn: string) => Kysely<unknown>;
  /** Where all tenants' caches are. */
  readonly caches: Parameters<typeof attackCache>[0];
}

/** Runs the attacks of one synthetic tenant on another. Throws `TenantNotFoundError`, and `TenantInputError` for a tenant that is no synthetic one. */
export async function checkIsolation(
  input: Action['input'],
  options: CheckIsolationOptions,
): Promise<Action['result']> {
  const attacker = await getSynthetic(options.catalog, 'attacker', input.attacker);
  const victim = await getSynthetic(options.catalog, 'victim', input.victim);
  if (attacker.tenant.isolation !== victim.tenant.isolation) {
    throw new TenantInputError('victim', "must have the attacker's isolation");
  }
  if (hasTables(attacker) && hasTables(victim))
    return { cells: await attackTables(attacker, victim, options) };
  const pair = { attacker: attacker.tenant.id, victim: victim.tenant.id };
  const results = await attackCache(options.caches, pair);
  return { cells: results.map((result) => ({ kind: "another tenant's cache", ...result })) };
}

async function attackTables(
  attacker: TablesRoute,
  victim: TablesRoute,
  { home, openAs }: CheckIsolationOptions,
): Promise<IsolationCell[]> {
  const { secretArn } = attacker;
  const pair = { self: namesOf(attacker), victim: namesOf(victim) };
  const cells: IsolationCell[] = await runReadOnlyAttacks(openAs(attacker, secretArn), pair);
  if (victim.database !== attacker.database)
    cells.push(await enterDatabase(openAs(victim, secretArn)));
  const isAtHome = attacker.clusterArn === home.clusterArn && attacker.database === home.database;
  if (isAtHome) return cells;
  const atHome = await runReadOnlyAttacks(openAs(home, secretArn), pair);
  return [...cells, ...atHome.map((cell) => ({ ...cell, name: `${cell.name}, at home` }))];
}

async function getSynthetic(catalog: CatalogDb, field: string, host: string): Promise<TenantRoute> {
  const route = await findRoute(catalog, parseHost(host));
  if (route === undefined) throw new TenantNotFoundError(host);
  const { tenant } = route;
  if (tenant.fields['synthetic'] !== true || tenant.status !== 'active') {
    throw new TenantInputError(field, 'must be an active tenant that is synthetic');
  }
  return route;
}

function namesOf({ tenant, pool }: TablesRoute): AttackedTenant {
  const role = schemaNameOf(tenant.id);
  return pool === null
    ? { role, owner: ownerNameOf(tenant.id), schema: role, slug: tenant.slug }
    : { role, owner: poolOwnerOf(pool), schema: poolSchemaOf(pool), slug: tenant.slug };
}

async function enterDatabase(intruder: Kysely<unknown>): Promise<IsolationCell> {
  const cell = { kind: "another tenant's tables", name: "enter the victim's database" };
  try {
    await sql`select 1`.execute(intruder);
    return { ...cell, outcome: 'entered', hasHeld: false };
  } catch (error) {
    const state = sqlStateOf(error);
    const hasHeld = state === '42501' || isLoginRefused(error);
    return { ...cell, outcome: state ?? (error instanceof Error ? error.name : 'failed'), hasHeld };
  }
}
