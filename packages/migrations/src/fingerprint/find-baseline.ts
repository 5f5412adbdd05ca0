import type { Kysely } from 'kysely';
import { MigrationMismatchError } from '@tenantry/tenancy';
import type { MigrationTarget } from '../apply-options.ts';
import type { CompiledMigration } from '../compiled-migrations.ts';
import { pooledMigrations } from '../pool/pooled-migrations.ts';
import { compareObjects, type ObjectDifference } from './compare-objects.ts';
import { describeObjects, withoutLedger, type SchemaObjects } from './describe-objects.ts';
import { referenceKindOf, withReference, type Reference } from './with-reference.ts';

/**
 * The longest list of a tenant's first migrations that makes exactly the objects which the schema has already. Throws
 * `MigrationMismatchError`, with what differs from the nearest list, when no list does.
 */
export async function findBaseline<Tables>(
  migrator: Kysely<Tables>,
  target: MigrationTarget,
  all: readonly CompiledMigration[],
): Promise<readonly CompiledMigration[]> {
  const migrations = target.tenants === undefined ? all : pooledMigrations(all);
  const actual = withoutLedger(await describeObjects(migrator, target));
  return await withReference(migrator, referenceKindOf(target, 'tenant'), async (reference) => {
    let matching: readonly CompiledMigration[] = [];
    let nearest: readonly ObjectDifference[] | undefined;
    for (let count = 1; count <= migrations.length; count += 1) {
      const first = migrations.slice(0, count);
      const differences = compareObjects(await migrateTo(reference, first), actual);
      if (differences.length === 0) matching = first;
      if (nearest === undefined || differences.length < nearest.length) nearest = differences;
    }
    if (matching.length > 0) return matching;
    throw new MigrationMismatchError(
      'The schema has other objects than the first migrations make',
      (nearest ?? []).map(toText),
    );
  });
}

async function migrateTo(
  reference: Reference,
  migrations: readonly CompiledMigration[],
): Promise<SchemaObjects> {
  await reference.apply(migrations);
  return withoutLedger(await reference.describe());
}

/** A difference in a few words. */
export function toText({ object, difference }: ObjectDifference): string {
  return `${object} is ${difference}`;
}
