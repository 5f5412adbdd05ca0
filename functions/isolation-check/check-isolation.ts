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
} from '@tenantry/tenancy';
import { sql, type Kysely } from 'kysely';
import type { DatabaseAddress } from '../databases.ts';

type Action = IsolationCheckActions['check-isolation'];

/** What a check works with. */
export interface CheckIsolationOptions {
  /** As `catalog_reader`. */
  readonly catalog: CatalogDb;
  readonly homeDatabase: string;
  readonly openAs: (address: DatabaseAddress, secretArn: string) => Kysely<unknown>;
}

/** Runs the attacks of one synthetic tenant on another. Throws `TenantNotFoundError`, and `TenantInputError` for a tenant that is no synthetic one. */
export async function checkIsolation(
  input: Action['input'],
  { catalog, homeDatabase, openAs }: CheckIsolationOptions,
): Promise<Action['result']> {
  const attacker = await getSynthetic(catalog, 'attacker', input.attacker);
  const victim = await getSynthetic(catalog, 'victim', input.victim);
  if (attacker.tenant.isolation !== victim.tenant.isolation) {
    throw new TenantInputError('victim', "must have the attacker's isolation");
  }
  const pair = { self: namesOf(attacker), victim: namesOf(victim), homeDatabase };
  const cells: IsolationCell[] = await runReadOnlyAttacks(
    openAs(attacker, attacker.secretArn),
    pair,
  );
  if (victim.database !== attacker.database) {
    cells.push(await enterDatabase(openAs(victim, attacker.secretArn)));
  }
  return { cells };
}

async function getSynthetic(catalog: CatalogDb, field: string, host: string): Promise<TablesRoute> {
  const route = await findRoute(catalog, parseHost(host));
  if (route === undefined) throw new TenantNotFoundError(host);
  const { tenant } = route;
  if (tenant.fields['synthetic'] !== true || tenant.status !== 'active' || !hasTables(route)) {
    throw new TenantInputError(field, 'must be an active tenant with tables that is synthetic');
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
