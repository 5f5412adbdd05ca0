import type { CompiledMigration } from './compiled-migrations.ts';
import type { MigrationStatement } from './migration-statement.ts';

/** Requests by set of migrations and by what of it is sent: a fleet asks for the same again and again. */
const requests = new WeakMap<readonly CompiledMigration[], Map<string, string>>();

/** What earlier schemas of one version turned out to miss. */
const missed = new WeakMap<readonly CompiledMigration[], Map<string, readonly string[]>>();

/** The set as `tenantry.apply` takes it: ids and checksums of all, the statements of those in `sent`. */
export function applyRequest(
  migrations: readonly CompiledMigration[],
  sent: ReadonlySet<string>,
): string {
  const ofSet = requests.get(migrations) ?? new Map<string, string>();
  requests.set(migrations, ofSet);
  const key = migrations.map(({ id }) => (sent.has(id) ? '1' : '0')).join('');
  const known = ofSet.get(key);
  if (known !== undefined) return known;
  const text = JSON.stringify(toRequest(migrations, sent));
  ofSet.set(key, text);
  return text;
}

/** Migrations to send at first to a schema that is believed to be at `knownVersion`. */
export function guessPending(
  migrations: readonly CompiledMigration[],
  knownVersion: string | null | undefined,
): ReadonlySet<string> {
  const index = migrations.findIndex(({ id }) => id === knownVersion);
  const after = migrations.slice(index + 1).map(({ id }) => id);
  const more = index === -1 ? [] : (missed.get(migrations)?.get(knownVersion ?? '') ?? []);
  return new Set([...after, ...more]);
}

/** Remembers what a schema of this version missed: the next one of it most likely misses the same. */
export function rememberMissed(
  migrations: readonly CompiledMigration[],
  knownVersion: string | null | undefined,
  ids: readonly string[],
): void {
  const ofSet = missed.get(migrations) ?? new Map<string, readonly string[]>();
  missed.set(migrations, ofSet.set(knownVersion ?? '', ids));
}

function toRequest(migrations: readonly CompiledMigration[], sent: ReadonlySet<string>) {
  return {
    order: migrations.map(({ id }) => id),
    checksums: Object.fromEntries(migrations.map(({ id, checksum }) => [id, checksum])),
    forms: Object.fromEntries(
      migrations.filter(({ form }) => form !== 'transaction').map(({ id, form }) => [id, form]),
    ),
    formerly: migrations.flatMap(({ id, formerly }) => formerly.map((was) => ({ id, was }))),
    statements: Object.fromEntries(
      migrations
        .filter(({ id }) => sent.has(id))
        .map(({ id, up }) => [id, up.map((statement) => statement.sql)]),
    ),
    perTenant: Object.fromEntries(
      migrations
        .filter(({ id, up }) => sent.has(id) && up.some(({ isPerTenant }) => isPerTenant === true))
        .map(({ id, up }) => [id, perTenantNumbers(up)]),
    ),
  };
}

/** The 1-based numbers of the statements that run for each tenant of a pool. */
export function perTenantNumbers(statements: readonly MigrationStatement[]): number[] {
  return statements.flatMap(({ isPerTenant }, index) => (isPerTenant === true ? [index + 1] : []));
}
