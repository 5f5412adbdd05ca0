import { seedPolls } from '@tenantry/polls';
import type { CreateTenantState } from '@tenantry/tenancy';
import { openAs } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { openTenantTables } from '../open-tenant-tables.ts';
import { stepHandler } from './run-step.ts';
import { tenantIdOf } from './state.ts';
import { verifyLogin } from './verify-login.ts';

const environment = readEnvironment('clusterArn', 'database');

export const handler = stepHandler({
  async seed(state: CreateTenantState) {
    const { migrate, fields, name } = state.request;
    if (!migrate || fields['sample'] !== true) return state;
    const { db } = openTenantTables(environment, state.secretArn ?? '');
    await seedPolls(db, { name });
    return state;
  },
  async verify(state: CreateTenantState) {
    await verifyLogin(openAs(environment, state.secretArn ?? ''), tenantIdOf(state));
    return state;
  },
});
