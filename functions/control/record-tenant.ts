import {
  getTenant,
  parseCreateTenantRequest,
  recordTenant as enterTenantRecord,
  type ControlActions,
} from '@tenantry/tenancy';
import { homeClusterId } from '../home-cluster.ts';
import { catalog, environment } from './environment.ts';

type Action = ControlActions['record-tenant'];

/** Enters the tenant and provisions nothing; `create-tenant` with the same slug makes the rest. */
export async function recordTenant(input: Action['input']): Promise<Action['result']> {
  const request = parseCreateTenantRequest({ ...input }, { baseDomain: environment.baseDomain });
  const id = await enterTenantRecord(catalog, request, homeClusterId);
  return { tenant: await getTenant(catalog, id) };
}
