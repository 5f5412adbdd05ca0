import {
  getTenant,
  parseCreateTenantRequest,
  recordTenant as enterTenantRecord,
  TenantInputError,
  type ControlActions,
} from '@tenantry/tenancy';
import { catalog, environment } from './environment.ts';

type Action = ControlActions['record-tenant'];

/** Enters the tenant and provisions nothing; `create-tenant` with the same slug makes the rest. */
export async function recordTenant(input: Action['input']): Promise<Action['result']> {
  const request = parseCreateTenantRequest({ ...input }, { baseDomain: environment.baseDomain });
  if (request.database !== undefined) {
    throw new TenantInputError(
      'database',
      "a customer's database is prepared when the tenant is made, not recorded for later",
    );
  }
  const id = await enterTenantRecord(catalog, request);
  return { tenant: await getTenant(catalog, id) };
}
