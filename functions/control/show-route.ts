import {
  findRoute,
  getTenant,
  parseHost,
  TenantNotActiveError,
  type ControlActions,
} from '@tenantry/tenancy';
import { catalog, environment } from './environment.ts';

type Action = ControlActions['show-route'];

/** Where a tenant's data is; throws `TenantNotActiveError` while nothing of it can be opened. */
export async function showRoute({ reference }: Action['input']): Promise<Action['result']> {
  const tenant = await getTenant(catalog, reference);
  const [host] = tenant.domains;
  const route = host === undefined ? undefined : await findRoute(catalog, parseHost(host));
  // Its login is closed; there is nothing that this route would open.
  if (route === undefined || tenant.status === 'suspended')
    throw new TenantNotActiveError(tenant.id, tenant.status);
  const { clusterArn, database } = environment;
  return { route, home: { clusterArn, database } };
}
