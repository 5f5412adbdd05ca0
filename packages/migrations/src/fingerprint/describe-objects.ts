import { sql, type QueryExecutorProvider } from 'kysely';
import type { MigrationTarget } from '../apply-options.ts';
import { toParameter } from './fingerprint-schemas.ts';

/** The objects of one schema: names like `column polls.question` and what PostgreSQL says of each. */
export type SchemaObjects = ReadonlyMap<string, string>;

/** The Data API takes no row above 64 KB, and nobody reads more of one object. */
const longest = 4000;

/** The Data API answers at most 1 MiB. */
const objectsAtOnce = 1000;

/** All objects of one schema, in the words of which its fingerprint is made. */
export async function describeObjects(
  db: QueryExecutorProvider,
  target: MigrationTarget,
): Promise<SchemaObjects> {
  const objects = new Map<string, string>();
  for (;;) {
    const rows = await readPage(db, target, objects.size);
    for (const { object, start, hash } of rows) {
      objects.set(object, hash === null ? start : `${start} ... (MD5 of all: ${hash})`);
    }
    if (rows.length < objectsAtOnce) return objects;
  }
}

interface ObjectRow {
  readonly object: string;
  readonly start: string;
  readonly hash: string | null;
}

async function readPage(
  db: QueryExecutorProvider,
  target: MigrationTarget,
  offset: number,
): Promise<readonly ObjectRow[]> {
  const { rows } = await sql<ObjectRow>`
    select object, left(definition, ${sql.lit(longest)}) as start,
      case when length(definition) > ${sql.lit(longest)} then md5(definition) end as hash
    from tenantry.describe_objects(cast(${JSON.stringify([toParameter(target)])} as jsonb))
    order by object collate "C" limit ${sql.lit(objectsAtOnce)} offset ${sql.lit(offset)}`.execute(
    db,
  );
  return rows;
}

/** The objects that the application's migrations made: all but the platform's ledger and, in a pool, its list of tenants. */
export function withoutLedger(objects: SchemaObjects): SchemaObjects {
  return new Map(
    [...objects].filter(([object]) => !/ tenantry_(ledger|members)(\b|_)/.test(object)),
  );
}
