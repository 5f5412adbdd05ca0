import { sql } from 'kysely';
import { RunNotFoundError } from '../run-errors.ts';
import { TenantNotFoundError } from '../errors.ts';
import { parseTargetSelector } from '../parse-target-selector.ts';
import type { LeftOutTarget, TargetSelector, TargetsView, TargetView } from '../targets.ts';
import type { CatalogDb } from './catalog-schema.ts';
import { isNamed, selectLeftOut, selectTargets, type TargetSet } from './select-targets.ts';

/** Rows of one answer, which has at most 1 MiB over the Data API. */
const pageSize = 2000;
const shownLeftOut = 50;

/**
 * The schemas a selector picks, those that exist once first, then tenants by slug; and whom it leaves out. Throws
 * `NoTargetsSelectedError`, and `TenantNotFoundError` or `RunNotFoundError` for a name that nothing has.
 */
export async function resolveTargets(
  db: CatalogDb,
  selector: TargetSelector,
  set: TargetSet,
): Promise<TargetsView> {
  parseTargetSelector(selector);
  await assertNamesExist(db, selector);
  const targets = [
    ...(await listStatics(db, selector)),
    ...(await listTenantTargets(db, selector, set)),
  ];
  return {
    targets,
    total: await countTenants(db),
    leftOut: await listLeftOut(db, selector, set),
  };
}

/** The tenants that a selector means but leaves out, with the reason and what to do; the first 50, those that can be helped first. */
export async function listLeftOut(
  db: CatalogDb,
  selector: TargetSelector,
  set: TargetSet,
): Promise<LeftOutTarget[]> {
  const rows = await selectLeftOut(db, selector, set)
    .select([
      'tenants.slug',
      'tenants.status',
      'tenants.execution',
      'tenants.isolation',
      'tenants.pool',
    ])
    .orderBy(sql`tenants.status in ('active', 'suspended')`)
    .orderBy('tenants.slug')
    .limit(shownLeftOut)
    .execute();
  return rows.map(({ execution, ...tenant }) => ({
    name: tenant.slug,
    ...(tenant.status === 'provisioning' && execution === null
      ? notProvisioned(tenant)
      : reasonOf(tenant)),
  }));
}

/** Throws `TenantNotFoundError` or `RunNotFoundError` for the first name of a selector that nothing has. */
export async function assertNamesExist(db: CatalogDb, selector: TargetSelector): Promise<void> {
  const names = [...(selector.tenants ?? []), ...(selector.exclude ?? [])];
  const unknown = names.length === 0 ? undefined : await findUnknown(db, names);
  if (unknown !== undefined) throw new TenantNotFoundError(unknown);
  if (selector.failedIn === undefined) return;
  const run = await db
    .selectFrom('runs')
    .select('id')
    .where('id', '=', selector.failedIn)
    .executeTakeFirst();
  if (run === undefined) throw new RunNotFoundError(selector.failedIn);
}

async function findUnknown(db: CatalogDb, names: readonly string[]): Promise<string | undefined> {
  const known = new Set<string>();
  for (let start = 0; start < names.length; start += pageSize) {
    const page = names.slice(start, start + pageSize);
    const rows = await db
      .selectFrom('tenants')
      .select(['tenants.id', 'tenants.slug'])
      .where('tenants.status', '<>', 'deleted')
      .where((eb) => isNamed(eb, page))
      .execute();
    for (const { id, slug } of rows) known.add(id).add(slug);
  }
  return names.find((name) => !known.has(name));
}

interface LeftOutTenant {
  readonly slug: string;
  readonly status: string;
  readonly isolation: string;
  readonly pool: string | null;
}

/** Entered into the catalog, and nothing more yet. */
function notProvisioned(tenant: LeftOutTenant): Omit<LeftOutTarget, 'name'> {
  return { reason: 'is not provisioned', next: creationOf(tenant) };
}

/** The command that makes a tenant as it was asked for. */
function creationOf({ slug, isolation, pool }: LeftOutTenant): string {
  const type = isolation === 'schema' ? '' : ` --isolation ${isolation}`;
  return `tenantry tenant create ${slug}${type}${pool === null ? '' : ` --pool ${pool}`} --yes`;
}

function reasonOf(tenant: LeftOutTenant): Omit<LeftOutTarget, 'name'> {
  const { slug, status } = tenant;
  switch (status) {
    case 'provisioning':
      return {
        reason: 'is still being created, and gets the newest migrations by that',
        next: `tenantry tenant show ${slug}`,
      };
    case 'failed':
      return {
        reason: 'was not created completely and has no schema',
        next: creationOf(tenant),
      };
    case 'deleting':
      return { reason: 'is being deleted' };
    default:
      return { reason: 'has isolation cache: nothing to migrate', hasNoTables: true };
  }
}

async function listStatics(db: CatalogDb, { scopes = [] }: TargetSelector): Promise<TargetView[]> {
  const names = (['shared', 'site'] as const).filter((name) => scopes.includes(name));
  if (names.length === 0) return [];
  const rows = await db.selectFrom('static_schemas').select(['name', 'version']).execute();
  return names.map((name) => ({
    scope: name,
    name,
    tenantId: null,
    status: 'active',
    isolation: 'schema',
    pool: null,
    cluster: 'main',
    version: rows.find((row) => row.name === name)?.version ?? null,
    host: null,
  }));
}

async function listTenantTargets(
  db: CatalogDb,
  selector: TargetSelector,
  set: TargetSet,
): Promise<TargetView[]> {
  const targets: TargetView[] = [];
  for (let last = ''; ;) {
    const page = await readPage(db, { selector, set, after: last });
    targets.push(...page);
    if (page.length < pageSize) return targets;
    last = page.at(-1)?.name ?? last;
  }
}

async function readPage(
  db: CatalogDb,
  page: { readonly selector: TargetSelector; readonly set: TargetSet; readonly after: string },
): Promise<TargetView[]> {
  const rows = await db
    .selectFrom('tenants')
    .select(['id', 'slug', 'status', 'isolation', 'pool', 'cluster_id', 'version'])
    .select(
      sql<string | null>`(select host from catalog.domains
        where tenant_id = tenants.id and is_primary)`.as('host'),
    )
    .where('id', 'in', selectTargets(db, page.selector, page.set).select('tenants.id'))
    .where('slug', '>', page.after)
    .orderBy('slug')
    .limit(pageSize)
    .execute();
  return rows.map((row) => ({
    scope: 'tenant',
    name: row.slug,
    tenantId: row.id,
    status: row.status,
    isolation: row.isolation,
    pool: row.pool,
    cluster: row.cluster_id,
    version: row.version,
    host: row.host,
  }));
}

async function countTenants(db: CatalogDb): Promise<number> {
  const row = await db
    .selectFrom('tenants')
    .select((eb) => eb.fn.countAll<bigint>().as('count'))
    .where('status', '<>', 'deleted')
    .executeTakeFirstOrThrow();
  return Number(row.count);
}
