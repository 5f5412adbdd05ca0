import { seedPolls, type PollsSharedTables, type PollsTenantTables } from '@tenantry/polls';
import type { TenantHandles } from '@tenantry/database';
import type { CreateTenantState, PlacedState, PoolName } from '@tenantry/tenancy';
import { homePlace, placeOf, type TenantPlace } from './place.ts';
import { hasTablesIn, poolOf, secretArnOf, tenantIdOf } from './state.ts';
import { verifyLogin } from './verify-login.ts';
import { verifyRows } from './verify-rows.ts';

/** A tenant's login: its secret, and where it opens something. */
export interface TenantLogin {
  readonly secretArn: string;
  readonly place: TenantPlace;
  /** Whose tables it shares; null for tables of its own. */
  readonly pool: PoolName | null;
}

/** What the steps of worker `tenant` work with. */
export interface TenantStepsOptions {
  /** The tenant's tables through its login. */
  readonly openTables: (login: TenantLogin) => TenantHandles<PollsTenantTables, PollsSharedTables>;
  /** Runs `fn` with the tenant's login. */
  readonly withLogin: (
    login: TenantLogin,
    fn: (db: Parameters<typeof verifyLogin>[0]) => Promise<void>,
  ) => Promise<void>;
}

/** The steps of worker `tenant`, which logs in as the tenant itself. */
export function tenantSteps({ openTables, withLogin }: TenantStepsOptions) {
  return {
    async seed(state: CreateTenantState) {
      const { migrate, fields, name } = state.request;
      if (!hasTablesIn(state) || !migrate || fields['sample'] !== true) return state;
      const { db } = openTables(loginOf(state));
      await seedPolls(db, { name });
      return state;
    },
    async verify<State extends PlacedState>(state: State) {
      if (!hasTablesIn(state)) return state;
      const [id, login] = [tenantIdOf(state), loginOf(state)];
      const { pool } = login;
      const own = { pool, isMigrated: state.migrated !== undefined };
      const home = { ...login, place: homePlace };
      if (login.place.database === null && login.place.cluster === null) {
        await withLogin(home, (db) => verifyLogin(db, id, { schemas: ['own', 'shared'], ...own }));
      } else {
        await withLogin(login, (db) => verifyLogin(db, id, { schemas: ['own'], ...own }));
        await withLogin(home, (db) => verifyLogin(db, id, { schemas: ['shared'], pool }));
      }
      if (pool !== null) await withLogin(login, (db) => verifyRows(db, id));
      return state;
    },
  };
}

function loginOf(state: PlacedState): TenantLogin {
  return { secretArn: secretArnOf(state), place: placeOf(state), pool: poolOf(state) };
}
