import { openTenantDb } from '@tenantry/database';
import { seedPolls, type PollsSharedTables, type PollsTenantTables } from '@tenantry/polls';
import type { CreateTenantState } from '@tenantry/tenancy';
import { dialectFor, openAs } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { stepHandler } from './run-step.ts';
import { tenantIdOf } from './state.ts';
import { verifyLogin } from './verify-login.ts';

const environment = readEnvironment('clusterArn', 'database');

export const handler = stepHandler({
  async seed(state: CreateTenantState) {
    const { migrate, fields, name } = state.request;
    if (!migrate || fields['sample'] !== true) return state;
    const dialect = dialectFor(environment, state.secretArn ?? '');
    await seedPolls(openTenantDb<PollsTenantTables, PollsSharedTables>(dialect).db, { name });
    return state;
  },
  async verify(state: CreateTenantState) {
    await verifyLogin(openAs(environment, state.secretArn ?? ''), tenantIdOf(state));
    return state;
  },
});
