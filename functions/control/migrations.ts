import { randomUUID } from 'node:crypto';
import { lastMigration } from '@tenantry/migrations';
import {
  getTenant,
  listTenants,
  TenantInputError,
  type ControlActions,
  type FleetSelection,
  type MigrateFleetRequest,
  type TenantView,
} from '@tenantry/tenancy';
import { readCompiledMigrations } from '../compiled-migrations.ts';
import { catalog, environment } from './environment.ts';
import { startExecution } from './executions.ts';

type Up = ControlActions['migrate-up'];
type Status = ControlActions['migrate-status'];

const compiled = readCompiledMigrations();

/** Starts `migrate-fleet` for the selected tenants. Selecting nobody is an error, never "all". */
export async function migrateUp(input: Up['input']): Promise<Up['result']> {
  const request: MigrateFleetRequest = {
    hash: compiled.hash,
    selection: await parseSelection(input),
    reason: 'operator',
    actor: input.actor,
  };
  const execution = `operator-${compiled.hash.slice(0, 16)}-${randomUUID()}`;
  const machineArn = environment.migrateFleetMachineArn;
  return {
    execution,
    executionArn: await startExecution({ machineArn, name: execution, input: request }),
  };
}

/** The known tenant migrations in order, and where each selected tenant stands; without a selection, where all stand. */
export async function migrateStatus({ references }: Status['input']): Promise<Status['result']> {
  const { tenant: scope } = compiled.scopes;
  const version = lastMigration(scope);
  const tenants =
    references === undefined ? await listTenants(catalog) : await getTenants(references);
  return {
    migrations: scope.migrations.map((migration) => migration.id),
    tenants: tenants.map((tenant) => ({
      slug: tenant.slug,
      status: tenant.status,
      version: tenant.version,
      isCurrent: tenant.version === version,
    })),
  };
}

async function parseSelection({ all, references }: Up['input']): Promise<FleetSelection> {
  if (all === true) return { all: true };
  if (references === undefined || references.length === 0) {
    throw new TenantInputError('selection', 'no tenants selected', 'tenantry migrate up --all');
  }
  const tenants = await getTenants(references);
  return { tenantIds: tenants.map((tenant) => tenant.id) };
}

async function getTenants(references: readonly string[]): Promise<TenantView[]> {
  return await Promise.all(references.map((reference) => getTenant(catalog, reference)));
}
