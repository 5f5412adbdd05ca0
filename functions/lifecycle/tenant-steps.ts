import { seedPolls, type PollsSharedTables, type PollsTenantTables } from '@tenantry/polls';
import type { TenantHandles } from '@tenantry/database';
import type { CreateTenantState } from '@tenantry/tenancy';
import { tenantIdOf } from './state.ts';
import { verifyLogin } from './verify-login.ts';

/** What the steps of worker `tenant` work with. */
export interface TenantStepsOptions {
  /** The tenant's tables through the login in its secret. */
  readonly openTables: (secretArn: string) => TenantHandles<PollsTenantTables, PollsSharedTables>;
  /** Runs `fn` with the login in a tenant's secret. */
  readonly withLogin: (
    secretArn: string,
    fn: (db: Parameters<typeof verifyLogin>[0]) => Promise<void>,
  ) => Promise<void>;
}

/** The steps of worker `tenant`, which logs in as the tenant itself. */
export function tenantSteps({ openTables, withLogin }: TenantStepsOptions) {
  return {
    async seed(state: CreateTenantState) {
      const { migrate, fields, name } = state.request;
      if (!migrate || fields['sample'] !== true) return state;
      const { db } = openTables(state.secretArn ?? '');
      await seedPolls(db, { name });
      return state;
    },
    async verify(state: CreateTenantState) {
      await withLogin(state.secretArn ?? '', (db) => verifyLogin(db, tenantIdOf(state)));
      return state;
    },
  };
}
