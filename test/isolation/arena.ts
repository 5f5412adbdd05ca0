import { fileURLToPath } from 'node:url';
import { compileMigrations } from '@tenantry/migrations';
import { openTestCluster, type TestCluster } from '@tenantry/testing';
import { migrationRoots } from '../support/migration-roots.ts';
import { createCitizen, kinds, type Citizen, type Kind } from './citizens.ts';
import { openRoads, type Roads, type RunAs } from './roads.ts';

/**
 * Where an attacker stands: a tenant of an isolation type, in the database it works in or, with a database of its own, in the common one;
 * against all others, or against the one it shares its tables with.
 */
export const places = [
  'schema',
  'database',
  'database, at home',
  'table',
  'table, same pool',
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

/** Opens a server with tenants of every kind, all of them with tables, rows and every other kind of object. */
export async function openArena(): Promise<Arena> {
  const cluster = await openTestCluster(
    await compileMigrations({ roots: [...migrationRoots, objects] }),
  );
  const roads = await openRoads(cluster);
  const create: Arena['create'] = async (kind, polls = victimPolls) =>
    await createCitizen({ cluster, roads }, { kind, polls });
  const victims = [];
  for (const kind of kinds) victims.push(await create(kind));
  const attackers: Attacker[] = [];
  for (const kind of ['schema', 'database', 'table'] as const) {
    attackers.push(...standAt(await create(kind, attackerPolls), { victims, roads }));
  }
  const close = async () => {
    await roads.close();
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
  if (kind === 'schema') return [{ place: 'schema', tenant, victims, run }];
  if (kind === 'database') {
    const atHome = roads.runAs({ ...tenant, database: 'tenantry' });
    return [
      { place: 'database', tenant, victims, run },
      { place: 'database, at home', tenant, victims, run: atHome },
    ];
  }
  return [
    { place: 'table', tenant, victims: others, run },
    { place: 'table, same pool', tenant, victims: mates, run },
  ];
}
