import { sql, type QueryExecutorProvider } from 'kysely';
import type { MigrationTarget } from '../apply-options.ts';

/** Schemas of one call: the answer stays far below the 1 MiB that the Data API carries. */
const schemasAtOnce = 250;
/** A session uses one processor. */
const sessionsAtOnce = 2;

/**
 * A hash for each schema over all that migrations can make in it: tables, columns, constraints, indexes, views, functions, triggers,
 * sequences, policies, types, privileges and owners, by schema. Equal hashes mean equal objects, whatever the schemas' names. A schema
 * that does not exist is not in the answer.
 */
export async function fingerprintSchemas(
  db: QueryExecutorProvider,
  targets: readonly MigrationTarget[],
): Promise<Map<string, string>> {
  const rows = await inPages(
    targets,
    async (page) =>
      await sql<{ schema_name: string; fingerprint: string }>`
        select schema_name, fingerprint from tenantry.fingerprint_schemas(cast(${page} as jsonb))`.execute(
        db,
      ),
  );
  return new Map(rows.map((row) => [row.schema_name, row.fingerprint]));
}

/** A hash for each schema over what was applied to it; null where nothing ever was. */
export async function digestLedgers(
  migrator: QueryExecutorProvider,
  targets: readonly MigrationTarget[],
): Promise<Map<string, string | null>> {
  const rows = await inPages(
    targets,
    async (page) =>
      await sql<{ schema_name: string; digest: string | null }>`
        select schema_name, digest from tenantry.digest_ledgers(cast(${page} as jsonb))`.execute(
        migrator,
      ),
  );
  return new Map(rows.map((row) => [row.schema_name, row.digest]));
}

async function inPages<Row>(
  targets: readonly MigrationTarget[],
  read: (page: string) => Promise<{ readonly rows: readonly Row[] }>,
): Promise<Row[]> {
  const starts = Array.from(
    { length: Math.ceil(targets.length / schemasAtOnce) },
    (_, page) => page * schemasAtOnce,
  );
  const rows: Row[] = [];
  const readNext = async (): Promise<void> => {
    for (let start = starts.shift(); start !== undefined; start = starts.shift()) {
      const page = targets.slice(start, start + schemasAtOnce).map(toParameter);
      rows.push(...(await read(JSON.stringify(page))).rows);
    }
  };
  await Promise.all(Array.from({ length: sessionsAtOnce }, readNext));
  return rows;
}

/** A target as the functions of schema `tenantry` want it. */
export function toParameter(target: MigrationTarget): Readonly<Record<string, string | undefined>> {
  return { schema: target.schema, owner: target.owner, user: target.hideLedgerFrom[0] };
}
