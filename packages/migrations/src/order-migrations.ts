import { MigrationInvalidError } from '@tenantry/tenancy';
import type { CompiledMigration } from './compiled-migrations.ts';

/**
 * The migrations of one scope, each after what it depends on: the earlier ones of its module and those it names. Where that leaves a choice,
 * modules come in alphabetical order. Throws `MigrationInvalidError` for an unknown id and for a circle, which it shows.
 */
export function orderMigrations(migrations: readonly CompiledMigration[]): CompiledMigration[] {
  const waiting = migrations.toSorted((a, b) =>
    a.module === b.module ? byId(a, b) : byModule(a, b),
  );
  assertKnown(waiting);
  const ordered: CompiledMigration[] = [];
  const done = new Set<string>();
  while (waiting.length > 0) {
    const index = waiting.findIndex((migration) => isFree(migration, waiting, done));
    if (index === -1) throw circleError(waiting);
    const [next] = waiting.splice(index, 1);
    if (next === undefined) break;
    ordered.push(next);
    done.add(next.id);
  }
  return ordered;
}

function byModule(a: CompiledMigration, b: CompiledMigration): number {
  return a.module < b.module ? -1 : 1;
}

function byId(a: CompiledMigration, b: CompiledMigration): number {
  return a.id < b.id ? -1 : 1;
}

function isFree(
  { id, module, dependsOn }: CompiledMigration,
  waiting: readonly CompiledMigration[],
  done: ReadonlySet<string>,
): boolean {
  const firstOfModule = waiting.find((other) => other.module === module)?.id;
  return firstOfModule === id && dependsOn.every((other) => done.has(other));
}

function assertKnown(migrations: readonly CompiledMigration[]): void {
  const ids = new Map(migrations.map(({ id, file }) => [id, file]));
  const formerIds = new Map<string, string>();
  for (const { file, dependsOn, formerly } of migrations) {
    const missing = dependsOn.find((id) => !ids.has(id));
    if (missing !== undefined) {
      throw new MigrationInvalidError(
        file,
        `depends on ${missing}, and there is no such migration in its scope`,
      );
    }
    for (const id of formerly) {
      const holder = ids.get(id) ?? formerIds.get(id);
      if (holder !== undefined) {
        throw new MigrationInvalidError(
          file,
          `was formerly ${id}, which ${holder} says to be, too`,
        );
      }
      formerIds.set(id, file);
    }
  }
}

/** Follows what each waits for until one comes again. */
function circleError(waiting: readonly CompiledMigration[]): MigrationInvalidError {
  const path: CompiledMigration[] = [];
  let next = waiting[0];
  while (next !== undefined && !path.includes(next)) {
    path.push(next);
    const { id, module, dependsOn } = next;
    next = waiting.find(
      (other) => dependsOn.includes(other.id) || (other.module === module && other.id < id),
    );
  }
  const circle = path.slice(next === undefined ? 0 : path.indexOf(next));
  const files = [...circle, ...circle.slice(0, 1)].map(({ file }) => file);
  return new MigrationInvalidError(files[0] ?? '', `depends on itself: ${files.join(' needs ')}`);
}
