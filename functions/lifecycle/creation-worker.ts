import {
  recordCreationFailure,
  renewLeases,
  takeTenant,
  type CatalogDb,
  type CreationWorker,
  type HeldTenant,
  type TenantFailure,
} from '@tenantry/tenancy';
import { runCreation } from './run-creation.ts';
import type { Step } from './run-step.ts';

/** What a worker of a bulk creation works with. */
export interface CreationWorkerOptions {
  readonly catalog: CatalogDb;
  /** All workers' steps by name. */
  readonly steps: Readonly<Record<string, Step>>;
  /** Tenants it creates at once. */
  readonly lanes: number;
  readonly worker: CreationWorker;
  /** Whether there is time for one more tenant. @default - always */
  readonly hasTime?: () => boolean;
}

/** What one worker did. */
export interface CreationWorkerResult {
  readonly created: number;
  readonly failed: number;
}

/**
 * Takes tenants of a creation from the catalog and creates them, a few at once, until none is left or its time is over. A tenant that
 * fails is undone and recorded and stops nobody. Leases of tenants at work are renewed all the time, so that others take them over when,
 * and only when, this process has died.
 */
export async function runCreationWorker(
  options: CreationWorkerOptions,
): Promise<CreationWorkerResult> {
  const count = { created: 0, failed: 0 };
  const lane = async (): Promise<void> => {
    const { catalog, worker, hasTime = () => true } = options;
    const take = async (created?: HeldTenant) =>
      await takeTenant(catalog, worker, { created: created?.tenantId, more: hasTime() });
    let held = await take();
    while (held !== undefined) {
      const isCreated = await createHeld(held, options);
      count[isCreated ? 'created' : 'failed'] += 1;
      held = await take(isCreated ? held : undefined);
    }
  };
  await withLeases(options, () => Promise.all(Array.from({ length: options.lanes }, lane)));
  return count;
}

async function createHeld(held: HeldTenant, options: CreationWorkerOptions): Promise<boolean> {
  if (held.state === 'created') return true;
  const failure = held.state === 'lost' ? takenOver : await create(held, options);
  if (failure === undefined) return true;
  if (failure !== 'lost') {
    const { tenantId } = held;
    await recordCreationFailure(options.catalog, options.worker, { tenantId, failure });
  }
  return false;
}

const takenOver: TenantFailure = {
  step: 'reserve',
  error: 'TenantBusyError',
  sqlstate: null,
  message: 'somebody else has created or deleted this tenant since the creation began',
};

async function create({ tenantId, request, cluster }: HeldTenant, options: CreationWorkerOptions) {
  const { catalog, worker, steps } = options;
  return await runCreation(
    { request, tenantId, ...(cluster && { cluster }) },
    {
      steps,
      execution: worker.creation,
      isHeld: async () => (await renewLeases(catalog, worker)).has(tenantId),
    },
  );
}

/** Runs `work` while leases are renewed; a renewal that fails is thrown when the work is done. */
async function withLeases(
  { catalog, worker }: CreationWorkerOptions,
  work: () => Promise<unknown>,
): Promise<void> {
  const failures: unknown[] = [];
  const timer = setInterval(
    () => void renewLeases(catalog, worker).catch((error: unknown) => failures.push(error)),
    (worker.leaseSeconds * 1000) / 3,
  );
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  if (failures.length > 0) throw failures[0];
}
