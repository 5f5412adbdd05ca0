import {
  findLastAudit,
  listHeldTenants,
  platformVersion,
  readCatalogHealth,
  type HealthActions,
  type StuckTenantView,
} from '@tenantry/tenancy';
import { catalog, compiled, environment } from './environment.ts';
import { isRunning } from './executions.ts';
import { isCreationRunning } from './is-creation-running.ts';
import { isSuspensionRunning } from './is-suspension-running.ts';

type Action = HealthActions['show-health'];

/** How the deployment does: what stands still, what failed, what is behind, and what the last audit found. */
export async function showHealth(): Promise<Action['result']> {
  const { tenant, shared, site } = compiled.scopes;
  const hashes = { tenant: tenant.hash, shared: shared.hash, site: site.hash };
  const health = await readCatalogHealth(catalog, hashes);
  return {
    health: {
      ...health,
      version: platformVersion,
      time: new Date().toISOString(),
      stuckTenants: await findStuckTenants(),
      audit: (await findLastAudit(catalog)) ?? null,
    },
  };
}

async function findStuckTenants(): Promise<StuckTenantView[]> {
  const held = await listHeldTenants(catalog);
  const atWork = await Promise.all(held.map(isAtWork));
  return held.filter((_, index) => atWork[index] !== true);
}

async function isAtWork({ status, execution }: StuckTenantView): Promise<boolean> {
  if (status === 'provisioning') return await isCreationRunning(execution);
  if (status === 'suspended') return await isSuspensionRunning(execution);
  return await isRunning(environment.deleteTenantMachineArn, execution);
}
