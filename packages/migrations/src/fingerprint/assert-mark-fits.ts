import type { Kysely } from 'kysely';
import { MigrationMismatchError } from '@tenantry/tenancy';
import type { MigrationTarget } from '../apply-options.ts';
import type { CompiledMigration, CompiledScope } from '../compiled-migrations.ts';
import { scopeFor } from '../pool/scope-for.ts';
import { readLedger } from '../read-ledger.ts';
import { compareObjects } from './compare-objects.ts';
import { describeObjects, withoutLedger } from './describe-objects.ts';
import { toText } from './find-baseline.ts';
import { judgeLedger } from './judge-ledger.ts';
import { referenceKindOf, withReference } from './with-reference.ts';

/**
 * Throws `MigrationMismatchError` unless a tenant's schema has the objects that its migrations make when one of them counts as applied,
 * or as pending.
 */
export async function assertMarkFits<Tables>(
  migrator: Kysely<Tables>,
  target: MigrationTarget,
  mark: {
    readonly compiled: CompiledScope;
    readonly migration: CompiledMigration;
    readonly as: 'applied' | 'pending';
  },
): Promise<void> {
  const { migration, as } = mark;
  const compiled = scopeFor(target, mark.compiled);
  const { applied } = judgeLedger(await readLedger(migrator, target), compiled.migrations);
  const expected = compiled.migrations.filter((other) =>
    other.id === migration.id ? as === 'applied' : applied.includes(other),
  );
  const actual = withoutLedger(await describeObjects(migrator, target));
  const differences = await withReference(
    migrator,
    referenceKindOf(target, 'tenant'),
    async (reference) => {
      await reference.apply(expected);
      return compareObjects(withoutLedger(await reference.describe()), actual);
    },
  );
  if (differences.length === 0) return;
  throw new MigrationMismatchError(
    `With ${migration.id} as ${as} the schema would have other objects`,
    differences.map(toText),
  );
}
