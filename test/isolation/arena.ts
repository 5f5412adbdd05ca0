import { fileURLToPath } from 'node:url';
import { openTestCluster, type TestCluster } from '../support/open-test-cluster.ts';
import { createCitizen, kinds, type Citizen, type Kind } from './citizens.ts';
import { openCustomerServer } from './customer-server.ts';
import { openRoads, ways, type Roads, type RunAs, type Way } from './roads.ts';

/**
 * Where an attacker stands: a tenant of an isolation type, in the database it works in or, with a database of its own, in the common one;
 * against all others, or against the one it shares its tables with. No Data API leads to the server that a customer brought along.
 */
export const places = [
  'schema',
  'database',
  'database, at home',
  'table',
  'table, same pool',
  "customer's server",
] as const;
export type Place = (typeof places)[number];

/** A hostile tenant at a place. */
export interface Attacker {
  readonly place: Place;
  readonly tenant: Citizen;
  /** Whom it attacks. */
  readonly victims: readonly Citizen[];
  /** Runs statements with the tenant's own login. */
  readonly run: RunAs;
  /** The ways that lead to where it stands. */
  readonly ways: readonly Way[];
}

/** One server with a victim and an attacker of each kind. */
export interface Arena {
  readonly cluster: TestCluster;
  readonly roads: Roads;
  readonly victims: readonly Citizen[];
  readonly attackers: readonly Attacker[];
  /** A tenant more. */
  create(kind: Kind, polls?: number): Promise<Citizen>;
  close(): Promise<void>;
}

const objects = fileURLToPath(new URL('migrations', import.meta.url));

/** Different, so that whoever counts the wrong rows is seen, and an id that is a victim's only. */
const attackerPolls = 5;
const victimPolls = 8;

/**
 * Opens a server with tenants of every kind, all of them with tables, rows and every other kind of object; with `hasCustomer` a second
 * server as well, which a customer brought along, with two tenants in a database of its own each.
 */
export async function openArena({ hasCustomer = false } = {}): Promise<Arena> {
  const cluster = await openTestCluster(objects);
  const roads = await openRoads(cluster);
  const customer = hasCustomer ? await openCustomerServer() : undefined;
  const create: Arena['create'] = async (kind, polls = victimPolls) =>
    await createCitizen({ cluster, roads, customer }, { kind, polls });
  const victims = [];
  const brought = customer === undefined ? [] : (["customer's server"] as const);
  for (const kind of [...kinds, ...brought]) victims.push(await create(kind));
  const attackers: Attacker[] = [];
  for (const kind of ['schema', 'database', 'table', ...brought] as const) {
    attackers.push(...standAt(await create(kind, attackerPolls), { victims, roads }));
  }
  const close = async () => {
    await roads.close();
    await customer?.close();
    await cluster.close();
  };
  return { cluster, roads, victims, attackers, create, close };
}

/** The places at which a tenant can attack these victims. */
export function standAt(
  tenant: Citizen,
  { victims, roads }: { readonly victims: readonly Citizen[]; readonly roads: Roads },
): Attacker[] {
  const { kind, schema } = tenant;
  const run = roads.runAs(tenant);
  const mates = victims.filter((victim) => victim.schema === schema);
  const others = victims.filter((victim) => victim.schema !== schema);
  if (kind === 'schema') return [{ place: 'schema', tenant, victims, run, ways }];
  if (kind === "customer's server")
    return [{ place: "customer's server", tenant, victims, run, ways: ['pg'] }];
  if (kind === 'database') {
    const atHome = roads.runAs({ ...tenant, database: 'tenantry' });
    return [
      { place: 'database', tenant, victims, run, ways },
      { place: 'database, at home', tenant, victims, run: atHome, ways },
    ];
  }
  return [
    { place: 'table', tenant, victims: others, run, ways },
    { place: 'table, same pool', tenant, victims: mates, run, ways },
  ];
}
