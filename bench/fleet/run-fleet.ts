import type { CompiledMigrations } from '@tenantry/migrations';
import { finishRun, judgeWave, nextWave, type CatalogDb } from '@tenantry/tenancy';
import type { Kysely } from 'kysely';
import { beginRun } from '../../functions/fleet/begin-run.ts';
import type { Fleet } from '../../functions/fleet/fleet.ts';
import { migrateWave } from '../../functions/fleet/migrate-wave.ts';
import type { Workload } from './workload.ts';

/** The build whose migrations are the ten and one more. */
export function withOneMore({ compiled, oneMore }: Workload): CompiledMigrations {
  const { tenant } = compiled.scopes;
  const migrations = [...tenant.migrations, oneMore];
  const hash = `${oneMore.checksum}-set`;
  return { ...compiled, hash, scopes: { ...compiled.scopes, tenant: { hash, migrations } } };
}

/** A whole fleet run in this process: canary, then all others, with its queue and its record in the catalog. */
export async function runFleet(
  as: { readonly catalog: CatalogDb; readonly migrator: Kysely<unknown> },
  compiled: CompiledMigrations,
  concurrency: number,
): Promise<void> {
  const { catalog, migrator } = as;
  const fleet: Fleet = { catalog, compiled, openCluster: async () => ({ migrator }) };
  const request = {
    hash: compiled.hash,
    selector: { all: true },
    change: { kind: 'up' },
    pace: { canary: 1, waves: [100], concurrency },
    reason: 'operator',
    actor: 'bench',
  } as const;
  const { runId } = await beginRun(fleet, request, `bench-${compiled.hash}`);
  for (;;) {
    const { decision, wave, workers } = await nextWave(catalog, runId);
    if (decision !== 'go') break;
    const work = workers.map((worker) =>
      migrateWave(fleet, { runId, wave, worker }, { remainingMs: () => 900_000 }),
    );
    await Promise.all(work);
    if ((await judgeWave(catalog, runId)).decision === 'halt') break;
  }
  const { status, migrated } = await finishRun(catalog, runId);
  if (status !== 'succeeded') throw new Error(`the run ended as ${status}, ${migrated} migrated`);
}
