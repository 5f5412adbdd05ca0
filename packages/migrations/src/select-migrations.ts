import { MigrationNotFoundError } from '@tenantry/tenancy';
import type { CompiledMigration, CompiledScope } from './compiled-migrations.ts';
import { findNearest } from './find-nearest.ts';

/**
 * The migrations of a scope that a change means, in their order: all up to `to`; those of `module` and what they depend on; both
 * together; or all. Throws `MigrationNotFoundError`, which names the nearest ids.
 */
export function selectMigrations(
  { migrations }: CompiledScope,
  change: { readonly to?: string; readonly module?: string },
): CompiledMigration[] {
  const { to, module } = change;
  const end = to === undefined ? migrations.length : getIndex(migrations, to) + 1;
  const before = migrations.slice(0, end);
  if (module === undefined) return before;
  const wanted = before.filter((migration) => migration.module === module);
  if (!migrations.some((migration) => migration.module === module)) {
    throw new MigrationNotFoundError(
      `${module}/`,
      findNearest(module, [...new Set(migrations.map((migration) => migration.module))]),
    );
  }
  const needed = withDependencies(before, wanted);
  return before.filter(({ id }) => needed.has(id));
}

function getIndex(migrations: readonly CompiledMigration[], id: string): number {
  const index = migrations.findIndex((migration) => migration.id === id);
  if (index !== -1) return index;
  throw new MigrationNotFoundError(
    id,
    findNearest(
      id,
      migrations.map((migration) => migration.id),
    ),
  );
}

/** Ids of the wanted ones and of all they stand on: what they name, and what comes before that in its module. */
function withDependencies(
  migrations: readonly CompiledMigration[],
  wanted: readonly CompiledMigration[],
): ReadonlySet<string> {
  const needed = new Set<string>();
  const queue = [...wanted];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { id, module, dependsOn } = next;
    if (needed.has(id)) continue;
    needed.add(id);
    queue.push(
      ...migrations.filter(
        (other) => dependsOn.includes(other.id) || (other.module === module && other.id < id),
      ),
    );
  }
  return needed;
}
