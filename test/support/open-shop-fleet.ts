import { sql } from 'kysely';
import { readLedger, tenantTarget } from '@tenantry/migrations';
import {
  findRun,
  listRunItems,
  type RunItemView,
  type RunView,
  type TenantId,
} from '@tenantry/tenancy';
import { openTestFleet, type TestFleet } from './open-test-fleet.ts';

/** The first migration of the tenants of a shop. */
export const initial = {
  'tenant/shop/0001_initial.sql':
    'create table item (id int primary key, name text not null);\n-- down\ndrop table item;',
};

/** With a second one, whose second statement fails where two items have one name. */
export const unique = {
  ...initial,
  'tenant/shop/0002_unique.sql':
    'create table extra (n int);\ncreate unique index item_name_key on item (name);\n-- down\ndrop index item_name_key;\ndrop table extra;',
};

/** A fleet of shops, and what tests ask about it. */
export interface ShopFleet extends TestFleet {
  /** So many tenants with the present migrations, `t-00` being the first; `0002_unique` fails for the given ones. */
  addTenants(count: number, failing?: readonly number[]): Promise<TenantId[]>;
  breakTenant(id: TenantId): Promise<void>;
  repairTenant(id: TenantId): Promise<void>;
  /** Ids of the migrations that a tenant has. */
  ledgerOf(id: TenantId): Promise<string[]>;
  /** A run's tenants by slug. */
  itemsOf(run: string | null): Promise<Map<string, RunItemView>>;
  viewOf(run: string | null): Promise<RunView>;
}

/** Starts a server with a fleet of shops at the first migration. */
export async function openShopFleet(): Promise<ShopFleet> {
  const system = await openTestFleet(initial);
  const { admin, migrator, catalog } = system.cluster;
  const breakTenant = async (id: TenantId) => {
    await sql`insert into ${sql.table(`t_${id}.item`)} values (1, 'same'), (2, 'same')`.execute(
      admin,
    );
  };
  return {
    ...system,
    // A spread would fix the build that the functions were made with.
    get fleet() {
      return system.fleet;
    },
    breakTenant,
    addTenants: async (count, failing = []) => {
      const ids: TenantId[] = [];
      for (let index = 0; index < count; index += 1) {
        const id = await system.addTenant(`t-${String(index).padStart(2, '0')}`);
        ids.push(id);
        if (failing.includes(index)) await breakTenant(id);
      }
      return ids;
    },
    repairTenant: async (id) => {
      await sql`delete from ${sql.table(`t_${id}.item`)}`.execute(admin);
    },
    ledgerOf: async (id) => (await readLedger(migrator, tenantTarget(id))).map((row) => row.id),
    itemsOf: async (run) => {
      const items = await listRunItems(catalog, { run: run ?? '', limit: 500 });
      return new Map(items.map((item) => [item.slug, item]));
    },
    viewOf: async (run) => {
      const view = await findRun(catalog, { run: run ?? '' });
      if (view === undefined) throw new Error(`no run ${run}`);
      return view;
    },
  };
}
