import { seedPolls, type PollsSharedTables, type PollsTenantTables } from '@tenantry/polls';
import type { TenantHandles } from '@tenantry/database';
import type { CreateTenantState } from '@tenantry/tenancy';
import { databaseOf, secretArnOf, tenantIdOf } from './state.ts';
import { verifyLogin } from './verify-login.ts';

/** A tenant's login: its secret, and the database that only it has, or null for the one of the cluster. */
export interface TenantLogin {
  readonly secretArn: string;
  readonly database: string | null;
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
      if (!migrate || fields['sample'] !== true) return state;
      const { db } = openTables(loginOf(state));
      await seedPolls(db, { name });
      return state;
    },
    async verify(state: CreateTenantState) {
      const [id, login] = [tenantIdOf(state), loginOf(state)];
      const home = { ...login, database: null };
      if (login.database === null) {
        await withLogin(home, (db) => verifyLogin(db, id, ['own', 'shared']));
      } else {
        await withLogin(login, (db) => verifyLogin(db, id, ['own']));
        await withLogin(home, (db) => verifyLogin(db, id, ['shared']));
      }
      return state;
    },
  };
}

function loginOf(state: CreateTenantState): TenantLogin {
  return { secretArn: secretArnOf(state), database: databaseOf(state) };
}
