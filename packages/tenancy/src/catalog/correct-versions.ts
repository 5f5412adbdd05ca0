import { sql } from 'kysely';
import type { VersionCorrection } from '../migration-views.ts';
import type { TargetSelector } from '../targets.ts';
import type { CatalogDb } from './catalog-schema.ts';
import { jsonb } from './jsonb.ts';
import { selectTargets, type TargetSet } from './select-targets.ts';

/** Rows of one answer and of one statement. */
const pageSize = 1000;
/** Corrections that a run remembers; the audit trail has all. */
const shownCorrections = 50;

/** Where the catalog believes a tenant to be, and where its ledger is. */
export interface KnownVersion {
  readonly id: string;
  readonly slug: string;
  readonly clusterId: string;
  /** The database that only this tenant has; null where it shares the cluster's. */
  readonly database: string | null;
  readonly pool: string | null;
  readonly version: string | null;
  readonly hash: string | null;
}

/** What a tenant's ledger says, where the catalog knows something else. */
export interface TrueVersion {
  readonly known: KnownVersion;
  readonly version: string | null;
  /** Hash of the set when all of it is there. */
  readonly hash: string | null;
  /** Migrations of the set that are not there. */
  readonly pending: number;
}

/** The tenants that a selector picks, and all who share tables with one of them, with what the catalog knows of their migrations. */
export async function listKnownVersions(
  db: CatalogDb,
  selector: TargetSelector,
  set: TargetSet,
): Promise<KnownVersion[]> {
  const tenants: KnownVersion[] = [];
  for (let last = ''; ;) {
    const page = await readPage(db, { selector, set, after: last });
    tenants.push(...page);
    if (page.length < pageSize) return tenants;
    last = page.at(-1)?.id ?? last;
  }
}

async function readPage(
  db: CatalogDb,
  page: { readonly selector: TargetSelector; readonly set: TargetSet; readonly after: string },
): Promise<KnownVersion[]> {
  const picked = selectTargets(db, page.selector, page.set);
  return await db
    .selectFrom('tenants')
    .select(['id', 'slug', 'cluster_id as clusterId', 'database', 'pool', 'version'])
    .select('migrations_hash as hash')
    .where('status', 'in', ['active', 'suspended'])
    .where((eb) =>
      eb.or([
        eb('id', 'in', picked.select('tenants.id')),
        eb(
          eb.refTuple('cluster_id', 'pool'),
          'in',
          db
            .selectFrom('tenants as mate')
            .select(['mate.cluster_id', 'mate.pool'])
            .where('mate.id', 'in', picked.select('tenants.id'))
            .where('mate.pool', 'is not', null)
            .$asTuple('cluster_id', 'pool'),
        ),
      ]),
    )
    .where('id', '>', page.after)
    .orderBy('id')
    .limit(pageSize)
    .execute();
}

/**
 * Sets right what the catalog knows of tenants' migrations, with a line each in the audit trail, and answers whom it was wrong about. A
 * tenant of which somebody noted something else meanwhile is left as it is. A run that wanted to know remembers the first ones.
 */
export async function correctVersions(
  db: CatalogDb,
  versions: readonly TrueVersion[],
  by: { readonly actor: string; readonly runId?: string },
): Promise<VersionCorrection[]> {
  if (versions.length === 0) return [];
  return await db.transaction().execute(async (trx) => {
    const corrected: VersionCorrection[] = [];
    for (let start = 0; start < versions.length; start += pageSize)
      corrected.push(...(await correctSome(trx, versions.slice(start, start + pageSize), by)));
    const { runId } = by;
    if (runId !== undefined && corrected.length > 0) {
      await trx
        .updateTable('runs')
        .set({ corrected: jsonb(corrected.slice(0, shownCorrections)) })
        .where('id', '=', runId)
        .execute();
    }
    return corrected;
  });
}

async function correctSome(
  db: CatalogDb,
  versions: readonly TrueVersion[],
  { actor, runId }: { readonly actor: string; readonly runId?: string },
): Promise<readonly VersionCorrection[]> {
  const given = versions.map(({ known, version, hash, pending }) => ({
    id: known.id,
    known_version: known.version,
    known_hash: known.hash,
    version,
    hash,
    pending,
  }));
  const { rows } = await sql<VersionCorrection>`
    with given as materialized (
      select * from jsonb_to_recordset(${jsonb(given)}) as given (id text, known_version text, known_hash text, version text,
        hash text, pending integer)
    ), moved as (
      update catalog.tenants t set version = given.version, migrations_hash = given.hash, fingerprint = null, checked_at = null
      from given
      where t.id = given.id
        and (t.version, t.migrations_hash) is not distinct from (given.known_version, given.known_hash)
      returning t.id, t.slug, t.pool, given.known_version, given.version, given.pending
    ), noted as (
      insert into catalog.audit (actor, action, tenant_id, run_id, outcome, details)
      select ${actor}, 'correct-version', id, cast(${runId ?? null} as text), 'done',
        jsonb_build_object('from', known_version, 'to', version, 'pending', pending)
      from moved
    )
    select slug, id as "tenantId", pool, known_version as "from", version as "to", pending from moved order by slug`.execute(
    db,
  );
  return rows;
}
