import { sql, type ExpressionBuilder, type SqlBool, type Expression } from 'kysely';
import type { TargetSelector } from '../targets.ts';
import { picksTenants } from '../parse-target-selector.ts';
import type { CatalogDb, CatalogSchema } from './catalog-schema.ts';

/** The tenant migrations there are: what "behind" is measured by. */
export interface TargetSet {
  readonly hash: string;
  /** Ids in the order in which they are applied. */
  readonly migrations: readonly string[];
  /** Ids of tenants that may be behind whatever the catalog says. @default - none */
  readonly unread?: readonly string[];
}

type Tenants = ExpressionBuilder<CatalogSchema, 'tenants'>;

/** The tenants that a selector picks and that can be worked on, as a query without columns. */
export function selectTargets(db: CatalogDb, selector: TargetSelector, set: TargetSet) {
  const query = db
    .selectFrom('tenants')
    .where('tenants.status', 'in', ['active', 'suspended'])
    .where('tenants.isolation', '<>', 'cache')
    .where((eb) => matches(eb, selector, set));
  if (selector.sample === undefined) return query;
  // The order has nothing to do with the tenants, and is the same each time.
  return query.orderBy(sql`md5(tenants.id)`).limit(selector.sample);
}

/** The tenants that a selector means but that are in no state to be worked on, as a query without columns. */
export function selectLeftOut(db: CatalogDb, selector: TargetSelector, set: TargetSet) {
  return db
    .selectFrom('tenants')
    .where((eb) =>
      eb.or([
        eb('tenants.status', 'in', ['provisioning', 'failed', 'deleting']),
        eb.and([
          eb('tenants.isolation', '=', 'cache'),
          eb('tenants.status', 'in', ['active', 'suspended']),
        ]),
      ]),
    )
    .where((eb) => matches(eb, selector, set));
}

/** Whether a tenant's slug or id is in a list of any length. */
export function isNamed(eb: Tenants, names: readonly string[]): Expression<SqlBool> {
  const list = sql<string>`(select jsonb_array_elements_text(cast(${JSON.stringify(names)} as jsonb)))`;
  return eb.or([eb('tenants.slug', 'in', list), eb('tenants.id', 'in', list)]);
}

/** Whether a tenant lacks the newest migrations, or the named one. */
export function isBehind(eb: Tenants, behind: true | string, set: TargetSet): Expression<SqlBool> {
  const isKnown = isKnownBehind(eb, behind, set);
  return set.unread === undefined ? isKnown : eb.or([isKnown, isNamed(eb, set.unread)]);
}

function isKnownBehind(eb: Tenants, behind: true | string, set: TargetSet): Expression<SqlBool> {
  const lacksHash = eb('tenants.migrations_hash', 'is distinct from', set.hash);
  if (behind === true) return lacksHash;
  const from = set.migrations.indexOf(behind);
  const at = from === -1 ? [behind] : set.migrations.slice(from);
  return eb.and([
    lacksHash,
    eb.or([eb('tenants.version', 'is', null), eb('tenants.version', 'not in', at)]),
  ]);
}

function matches(eb: Tenants, selector: TargetSelector, set: TargetSet): Expression<SqlBool> {
  const { tenants, where = {}, behind, failedIn, exclude } = selector;
  const conditions = Object.entries(where).map(([field, value]) => hasValue(eb, field, value));
  if (!picksTenants(selector)) conditions.push(eb.lit(false));
  if (tenants !== undefined) conditions.push(isNamed(eb, tenants));
  if (behind !== undefined) conditions.push(isBehind(eb, behind, set));
  if (failedIn !== undefined) conditions.push(hasFailedIn(eb, failedIn));
  if (exclude !== undefined) conditions.push(eb.not(isNamed(eb, exclude)));
  return eb.and(conditions);
}

const columns = {
  status: 'tenants.status',
  isolation: 'tenants.isolation',
  pool: 'tenants.pool',
  cluster: 'tenants.cluster_id',
  version: 'tenants.version',
} as const;

function hasValue(eb: Tenants, field: string, value: string): Expression<SqlBool> {
  if (Object.hasOwn(columns, field)) {
    return eb(sql<string>`${eb.ref(columns[field as keyof typeof columns])}`, '=', value);
  }
  return eb(sql<string>`tenants.fields ->> cast(${field} as text)`, '=', value);
}

function hasFailedIn(eb: Tenants, runId: string): Expression<SqlBool> {
  return eb.exists(
    eb
      .selectFrom('run_items')
      .select('run_items.run_id')
      .whereRef('run_items.tenant_id', '=', 'tenants.id')
      .where('run_items.run_id', '=', runId)
      .where('run_items.status', '=', 'failed'),
  );
}
