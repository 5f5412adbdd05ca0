import {
  MigrationConflictError,
  MigrationNotFoundError,
  MigrationNotReversibleError,
} from '@tenantry/tenancy';
import type { CompiledMigration, CompiledScope } from './compiled-migrations.ts';
import { findNearest } from './find-nearest.ts';
import type { LedgerRow } from './read-ledger.ts';

/** What to take back: all after a migration (null: all there are), so many steps, or exactly these. */
export type RevertSelection =
  | { readonly to?: string | null; readonly steps?: number; readonly module?: string }
  | { readonly ids: readonly string[] };

/**
 * The applied migrations that a change takes back, oldest first, as `revertMigrations` wants them. Throws `MigrationNotFoundError`,
 * `MigrationNotReversibleError` for one without a way back, and `MigrationConflictError` when one that stays stands on one that goes.
 */
export function selectReverts(
  { migrations }: CompiledScope,
  ledger: readonly LedgerRow[],
  change: RevertSelection,
): CompiledMigration[] {
  const going = new Set('ids' in change ? change.ids : idsAfter(ledger, change));
  const rows = ledger.filter(({ id }) => going.has(id));
  const known = new Map(migrations.map((migration) => [migration.id, migration]));
  const reverts = rows.map(({ id }) => getReversible(known, id));
  assertNothingStands(ledger, { going, known });
  return reverts;
}

function idsAfter(
  ledger: readonly LedgerRow[],
  change: { readonly to?: string | null; readonly steps?: number; readonly module?: string },
): string[] {
  const { to, steps, module } = change;
  const ids = ledger.map(({ id }) => id);
  const ofModule = (id: string) => module === undefined || id.startsWith(`${module}/`);
  if (to === undefined) return ids.filter(ofModule).slice(-(steps ?? 1));
  if (to === null) return ids.filter(ofModule);
  const index = ids.indexOf(to);
  if (index === -1) throw new MigrationNotFoundError(to, findNearest(to, ids));
  return ids.slice(index + 1).filter(ofModule);
}

function getReversible(
  known: ReadonlyMap<string, CompiledMigration>,
  id: string,
): CompiledMigration {
  const migration = known.get(id);
  if (migration === undefined)
    throw new MigrationNotReversibleError(id, 'this build does not hold it');
  if (migration.down === null)
    throw new MigrationNotReversibleError(id, 'its file gives no way back');
  return migration;
}

function assertNothingStands(
  ledger: readonly LedgerRow[],
  selection: {
    readonly going: ReadonlySet<string>;
    readonly known: ReadonlyMap<string, CompiledMigration>;
  },
): void {
  const { going, known } = selection;
  for (const { id } of ledger) {
    if (going.has(id)) continue;
    const base = known.get(id)?.dependsOn.find((other) => going.has(other)) ?? earlierOf(id, going);
    if (base !== undefined) throw new MigrationConflictError(base, id);
  }
}

/** One of those that go which comes before in the same module. */
function earlierOf(id: string, going: ReadonlySet<string>): string | undefined {
  const module = id.slice(0, id.indexOf('/') + 1);
  return [...going].find((other) => other.startsWith(module) && other < id);
}
