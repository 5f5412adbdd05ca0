import { sql } from 'kysely';
import type { CatalogDb } from './catalog-schema.ts';

/** Where a set of migrations stands among all that were ever deployed. */
export interface ReleaseState {
  /** `new`: never deployed; `latest`: the last one deployed; `older`: another was deployed after it, so this is a rollback. */
  readonly position: 'new' | 'latest' | 'older';
  /** Static schemas and tenants that are not at this set yet. */
  readonly behind: number;
}

/** The hashes of one compiled set of migrations: of all of it, and of each scope. */
export interface ReleaseHashes {
  readonly hash: string;
  readonly shared: string;
  readonly site: string;
  readonly tenant: string;
}

/** Everything a deploy must know, in one query: whether the set is new, current or a rollback, and how much is behind it. */
export async function getReleaseState(db: CatalogDb, hashes: ReleaseHashes): Promise<ReleaseState> {
  const result = await sql<{ position: ReleaseState['position']; behind: bigint }>`
    with mine as (select max(number) as number from catalog.releases where hash = ${hashes.hash}),
    newest as (select max(number) as number from catalog.releases)
    select
      case when mine.number is null then 'new' when mine.number = newest.number then 'latest' else 'older' end
        as position,
      (select count(*) from catalog.tenants
        where status in ('active', 'suspended') and migrations_hash is distinct from ${hashes.tenant})
      + (select count(*) from (values ('shared', ${hashes.shared}), ('site', ${hashes.site})) as wanted (name, hash)
        left join catalog.static_schemas s on s.name = wanted.name
        where s.migrations_hash is distinct from wanted.hash) as behind
    from mine, newest`.execute(db);
  const row = result.rows[0];
  if (row === undefined) throw new TypeError('the release query returned no row');
  return { position: row.position, behind: Number(row.behind) };
}

/** Makes this set of migrations the latest release; a set that is known stays where it is. */
export async function recordRelease(db: CatalogDb, hash: string): Promise<void> {
  await db
    .insertInto('releases')
    .values({ hash })
    .onConflict((oc) => oc.column('hash').doNothing())
    .execute();
}

/** Notes that a static schema (`shared`, `site`) is at this set. */
export async function setStaticSchemaVersion(
  db: CatalogDb,
  name: string,
  at: { readonly version: string | null; readonly hash: string },
): Promise<void> {
  const values = { version: at.version, migrations_hash: at.hash, updated_at: sql<Date>`now()` };
  await db
    .insertInto('static_schemas')
    .values({ name, ...values })
    .onConflict((oc) => oc.column('name').doUpdateSet(values))
    .execute();
}
