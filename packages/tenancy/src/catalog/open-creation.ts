import { createHash, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { CreationProblem, CreationRow } from '../creation.ts';
import { newTenantId } from '../tenant-id.ts';
import type { CatalogDb } from './catalog-schema.ts';
import { homeClusterId } from './clusters.ts';
import { jsonb } from './jsonb.ts';
import { placeTenants } from './place-tenants.ts';
import { writeAudit } from './write-audit.ts';

/** A line left out because its slug is a tenant's already. */
export interface SkippedRow {
  readonly line: number;
  readonly slug: string;
}

/** A creation that is open now, or why nothing was claimed. */
export type OpenedCreation =
  | {
      readonly status: 'open';
      /** Null when every line was skipped. */
      readonly id: string | null;
      readonly total: number;
      readonly skipped: readonly SkippedRow[];
      /** The execution that works on it or did so last; null for a new one. */
      readonly execution: string | null;
    }
  | { readonly status: 'refused'; readonly problems: readonly CreationProblem[] };

/** Who asks, and what is done about slugs that exist. */
export interface OpenCreationOptions {
  readonly actor: string;
  /** Leaves out lines whose slug exists instead of refusing all. @default false */
  readonly skipExisting?: boolean;
}

/** Rows in one statement: 1,000 take about 300 kB of the 4 MB that a call of the Data API may have. */
const rowsAtOnce = 1000;

/**
 * Claims slugs, domains, places and ids of all rows at once, or of none: what is taken or full refuses all, named by line. The same
 * rows again, while they are being created, join what is open. A `failed` tenant is taken over with its id.
 *
 * The rows must be valid, and no two may have one slug or domain.
 */
export async function openCreation(
  db: CatalogDb,
  rows: readonly CreationRow[],
  options: OpenCreationOptions,
): Promise<OpenedCreation> {
  const key = contentKey(rows);
  try {
    return await db.transaction().execute(async (trx) => {
      const { id, isNew, execution, total } = await enterCreation(trx, key, options.actor);
      if (!isNew) return { status: 'open', id, total, skipped: [], execution };
      const taken = await findTaken(trx, rows);
      const { skipped, kept } = await chooseRows(rows, taken, options);
      if (kept.length === 0) {
        await trx.deleteFrom('creations').where('id', '=', id).execute();
        return { status: 'open', id: null, total: 0, skipped, execution: null };
      }
      await claimRows(trx, kept, { ...options, id });
      return { status: 'open', id, total: kept.length, skipped, execution: null };
    });
  } catch (error) {
    if (error instanceof Refusal) return { status: 'refused', problems: error.problems };
    throw error;
  }
}

/** Rolls the transaction back. */
class Refusal extends Error {
  readonly problems: readonly CreationProblem[];

  constructor(problems: readonly CreationProblem[]) {
    super('some lines cannot be created');
    this.problems = problems;
  }
}

function contentKey(rows: readonly CreationRow[]): string {
  const requests = rows.map(({ request }) => ({ ...request, actor: undefined }));
  return createHash('sha256').update(JSON.stringify(requests)).digest('hex').slice(0, 32);
}

async function enterCreation(db: CatalogDb, key: string, actor: string) {
  const id = `bulk-${key.slice(0, 16)}-${randomUUID().slice(0, 8)}`;
  const inserted = await db
    .insertInto('creations')
    .values({ id, content_key: key, actor, total: 0 })
    .onConflict((oc) =>
      oc.column('content_key').where('status', '=', sql.lit('running')).doNothing(),
    )
    .executeTakeFirst();
  if (inserted.numInsertedOrUpdatedRows === 1n) {
    return { id, isNew: true, execution: null, total: 0 };
  }
  const open = await db
    .selectFrom('creations')
    .select(['id', 'execution', 'total'])
    .where('content_key', '=', key)
    .where('status', '=', 'running')
    .executeTakeFirstOrThrow();
  return { ...open, isNew: false };
}

/** Status of the tenants that have one of the rows' slugs, except failed and merely recorded ones, which a creation takes over. */
async function findTaken(
  db: CatalogDb,
  rows: readonly CreationRow[],
): Promise<Map<string, string>> {
  const taken = new Map<string, string>();
  for (const part of partsOf(rows)) {
    const slugs = jsonb(part.map(({ request }) => request.slug));
    const found = await sql<{ slug: string; status: string }>`
      select slug, status from catalog.tenants
      where slug in (select jsonb_array_elements_text(${slugs})) and status <> 'deleted'
        and (status <> 'failed' or exists (select from catalog.customer_databases c where c.tenant_id = tenants.id)
          or exists (select from catalog.clusters c where c.tenant_id = tenants.id))
        and not (status = 'provisioning' and execution is null)`.execute(db);
    for (const { slug, status } of found.rows) taken.set(slug, status);
  }
  return taken;
}

async function chooseRows(
  rows: readonly CreationRow[],
  taken: ReadonlyMap<string, string>,
  options: OpenCreationOptions,
) {
  const isTaken = ({ request }: CreationRow) => taken.has(request.slug);
  const found = rows.filter(isTaken);
  if (found.length > 0 && options.skipExisting !== true) {
    throw new Refusal(found.map((row) => slugTaken(row, taken.get(row.request.slug))));
  }
  const skipped = found.map(({ line, request }) => ({ line, slug: request.slug }));
  return { skipped, kept: rows.filter((row) => !isTaken(row)) };
}

function slugTaken({ line, request }: CreationRow, status = 'provisioning'): CreationProblem {
  return {
    line,
    field: 'slug',
    reason: `tenant "${request.slug}" exists (${status})`,
    isTaken: true,
  };
}

type Claim = OpenCreationOptions & { readonly id: string };

async function claimRows(db: CatalogDb, rows: readonly CreationRow[], claim: Claim): Promise<void> {
  // Always in the same order, so that two files with the same names wait for each other and never in a ring.
  const ordered = rows.toSorted((a, b) => (a.request.slug < b.request.slug ? -1 : 1));
  const entered = new Map<string, EnteredTenant>();
  for (const part of partsOf(ordered)) {
    for (const tenant of await insertTenants(db, part, claim)) entered.set(tenant.slug, tenant);
  }
  const lost = ordered.filter(({ request }) => !entered.has(request.slug));
  if (lost.length > 0) throw new Refusal(lost.map((row) => slugTaken(row)));
  const claimed = ordered.map((row) => ({ ...row, id: entered.get(row.request.slug)?.id ?? '' }));
  for (const part of partsOf(claimed)) await claimDomains(db, part);
  for (const part of partsOf(claimed)) await insertItems(db, part, claim);
  await db
    .updateTable('creations')
    .set({ total: rows.length })
    .where('id', '=', claim.id)
    .execute();
  await writeAudit(db, {
    actor: claim.actor,
    action: 'create-tenants',
    outcome: 'started',
    details: { creation: claim.id, total: rows.length },
  });
  await claimPlaces(db, claimed, entered);
}

/** The last thing that the transaction does: others who want a place wait for its end. */
async function claimPlaces(
  db: CatalogDb,
  rows: readonly ClaimedRow[],
  entered: ReadonlyMap<string, EnteredTenant>,
): Promise<void> {
  const tenants = rows.map(({ id, request: { slug, isolation, pool, cluster } }) => {
    const wanted = cluster ?? entered.get(slug)?.held ?? undefined;
    return { id, isolation, ...(pool && { pool }), ...(wanted && { cluster: wanted }) };
  });
  const refused = new Map((await placeTenants(db, tenants)).map(({ id, error }) => [id, error]));
  if (refused.size === 0) return;
  const problems = rows.flatMap(({ id, line }) => {
    const error = refused.get(id);
    return error === undefined
      ? []
      : [{ line, field: 'cluster', reason: error.message, isTaken: false }];
  });
  throw new Refusal(problems);
}

interface EnteredTenant {
  readonly slug: string;
  readonly id: string;
  /** The cluster on which a tenant that is taken over has its place. */
  readonly held: string | null;
}

async function insertTenants(db: CatalogDb, rows: readonly CreationRow[], claim: Claim) {
  const tenants = jsonb(rows.map(({ request }) => ({ id: newTenantId(), ...request })));
  const result = await sql<EnteredTenant>`
    insert into catalog.tenants as t (id, slug, name, isolation, pool, status, cluster_id, fields, execution, created_by)
    select id, slug, name, isolation, pool, 'provisioning', ${homeClusterId}, fields, ${claim.id}, actor
    from jsonb_to_recordset(${tenants})
      as row (id text, slug text, name text, isolation text, pool text, fields jsonb, actor text)
    order by slug
    on conflict (slug) where status <> 'deleted' do update
      set name = excluded.name, isolation = excluded.isolation, pool = excluded.pool, fields = excluded.fields, status = 'provisioning',
        status_since = now(), execution = excluded.execution, failure = null, attempt = t.attempt + 1
      where t.status = 'failed' or (t.status = 'provisioning' and t.execution is null)
    returning t.slug, t.id, case when t.attempt > 1 and t.pool is null then t.cluster_id end as held`.execute(
    db,
  );
  return result.rows;
}

interface ClaimedRow extends CreationRow {
  readonly id: string;
}

async function claimDomains(db: CatalogDb, rows: readonly ClaimedRow[]): Promise<void> {
  const wanted = jsonb(rows.map(({ id, request }) => ({ tenant_id: id, host: request.domain })));
  await sql`
    with wanted as (select * from jsonb_to_recordset(${wanted}) as row (tenant_id text, host text))
    delete from catalog.domains d using wanted
    where d.tenant_id = wanted.tenant_id and d.host <> wanted.host`.execute(db);
  const lost = await sql<{ host: string }>`
    with wanted as (
      select * from jsonb_to_recordset(${wanted}) as row (tenant_id text, host text) order by host
    ), claimed as (
      insert into catalog.domains (host, tenant_id, is_primary) select host, tenant_id, true from wanted
      on conflict (host) do update set is_primary = true where domains.tenant_id = excluded.tenant_id
      returning host
    )
    select host from wanted where host not in (select host from claimed)`.execute(db);
  const hosts = new Set(lost.rows.map(({ host }) => host));
  if (hosts.size === 0) return;
  const taken = rows.filter(({ request }) => hosts.has(request.domain));
  throw new Refusal(
    taken.map(({ line, request }) => ({
      line,
      field: 'domain',
      reason: `"${request.domain}" leads to another tenant`,
      isTaken: false,
    })),
  );
}

async function insertItems(
  db: CatalogDb,
  rows: readonly ClaimedRow[],
  claim: Claim,
): Promise<void> {
  const items = jsonb(rows.map(({ id, line, request }) => ({ tenant_id: id, line, request })));
  await sql`
    insert into catalog.creation_items (creation_id, tenant_id, line, request)
    select ${claim.id}, tenant_id, line, request
    from jsonb_to_recordset(${items}) as row (tenant_id text, line integer, request jsonb)`.execute(
    db,
  );
}

function* partsOf<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let start = 0; start < rows.length; start += rowsAtOnce) {
    yield rows.slice(start, start + rowsAtOnce);
  }
}
