import type { Kysely } from 'kysely';
import { MigrationDriftError, type RunChange } from '@tenantry/tenancy';
import type { MigrationTarget } from '../apply-options.ts';
import type { CompiledMigration, CompiledScope } from '../compiled-migrations.ts';
import { judgeLedger } from '../fingerprint/judge-ledger.ts';
import { scopeFor } from '../pool/scope-for.ts';
import { readLedger, type LedgerRow } from '../read-ledger.ts';
import { selectMigrations } from '../select-migrations.ts';
import { selectReverts } from '../select-reverts.ts';

/** What a change does to one schema, as far as its ledger says it. */
export interface PlannedChange {
  readonly direction: 'up' | 'down';
  /** In the order in which they run. */
  readonly migrations: readonly CompiledMigration[];
  /** Those that the schema has, in the order of the set. */
  readonly applied: readonly CompiledMigration[];
  /** Whether they are in the form for shared tables. */
  readonly isPooled: boolean;
  readonly from: string | null;
  /** The last migration of the ledger afterwards. */
  readonly to: string | null;
}

/**
 * The migrations that a change would apply to a schema, or take back. Reads its ledger and changes nothing. Throws `MigrationDriftError`
 * for an applied migration that was changed, and what selecting the migrations throws.
 */
export async function planChange<Tables>(
  migrator: Kysely<Tables>,
  target: MigrationTarget,
  what: { readonly compiled: CompiledScope; readonly change: RunChange },
): Promise<PlannedChange> {
  const { change } = what;
  const compiled = scopeFor(target, what.compiled);
  const isPooled = target.tenants !== undefined;
  const ledger = await readLedger(migrator, target);
  const { applied, findings } = judgeLedger(ledger, compiled.migrations);
  const drift = findings.find(({ difference }) => difference === 'checksum');
  if (drift !== undefined) {
    throw new MigrationDriftError(target.schema, drift.object.replace('migration ', ''));
  }
  const from = ledger.at(-1)?.id ?? null;
  if (change.kind === 'up') {
    const migrations = selectMigrations(compiled, change).filter((one) => !applied.includes(one));
    return {
      direction: 'up',
      migrations,
      applied,
      isPooled,
      from,
      to: migrations.at(-1)?.id ?? from,
    };
  }
  const reverts = selectGoing(compiled, ledger, change);
  const going = new Set(reverts.map(({ id }) => id));
  const to = ledger.findLast(({ id }) => !going.has(id))?.id ?? null;
  return { direction: 'down', migrations: reverts.toReversed(), applied, isPooled, from, to };
}

function selectGoing(
  compiled: CompiledScope,
  ledger: readonly LedgerRow[],
  change: Exclude<RunChange, { readonly kind: 'up' }>,
): CompiledMigration[] {
  if (change.kind === 'down') {
    if (typeof change.to !== 'string') return selectReverts(compiled, ledger, change);
    // A name that no migration has is a mistake; one that the schema has not reached leaves nothing to take back.
    selectMigrations(compiled, { to: change.to });
    const isReached = ledger.some(({ id }) => id === change.to);
    return isReached ? selectReverts(compiled, ledger, change) : [];
  }
  const ids = ledger.filter(({ runId }) => runId === change.run).map(({ id }) => id);
  return selectReverts(compiled, ledger, { ids });
}
