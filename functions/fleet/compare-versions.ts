import { listApplied } from '@tenantry/migrations';
import {
  listKnownVersions,
  picksTenants,
  type KnownVersion,
  type TargetSelector,
  type TargetSet,
  type TrueVersion,
  type UnreadTenant,
} from '@tenantry/tenancy';
import { mapSome } from '../audit/map-some.ts';
import { targetSetOf } from '../migration-set.ts';
import { targetOf } from '../tenant-target.ts';
import type { Fleet } from './fleet.ts';

/** What tenants' ledgers say, next to what the catalog knows. */
export interface ComparedVersions {
  /** Tenants whose ledgers were looked at. */
  readonly checked: number;
  /** Those of whom the catalog knows something else. */
  readonly wrong: readonly TrueVersion[];
  readonly unread: readonly UnreadTenant[];
}

const databasesAtOnce = 8;

/**
 * Compares the ledgers of the selected tenants, and of all who share tables with them, with the catalog; changes nothing. Reads a few
 * times in each database, however many tenants it holds. A database that cannot be read leaves its tenants unread.
 */
export async function compareVersions(
  fleet: Fleet,
  selector: TargetSelector,
): Promise<ComparedVersions> {
  if (!picksTenants(selector)) return { checked: 0, wrong: [], unread: [] };
  const set = targetSetOf(fleet.compiled);
  const known = await listKnownVersions(fleet.catalog, withoutVersions(selector), set);
  const places = Map.groupBy(known, ({ clusterId, database }) => `${clusterId} ${database}`);
  const compared = await mapSome(
    [...places.values()],
    databasesAtOnce,
    async (tenants) => await comparePlace(fleet, tenants, set),
  );
  return {
    checked: known.length,
    wrong: compared.flatMap(({ wrong }) => wrong),
    unread: compared.flatMap(({ unread }) => unread),
  };
}

/** What is selected by a version that may be wrong is selected without it. */
function withoutVersions(selector: TargetSelector): TargetSelector {
  const entries = Object.entries(selector)
    .filter(([field]) => field !== 'behind' && field !== 'sample')
    .map(([field, value]) => [field, field === 'where' ? withoutVersion(selector.where) : value]);
  return Object.fromEntries(entries) as TargetSelector;
}

function withoutVersion(where: TargetSelector['where'] = {}): TargetSelector['where'] {
  return Object.fromEntries(Object.entries(where).filter(([field]) => field !== 'version'));
}

/** Tenants of one database. */
async function comparePlace(
  fleet: Fleet,
  tenants: readonly KnownVersion[],
  set: TargetSet,
): Promise<Omit<ComparedVersions, 'checked'>> {
  try {
    const applied = await readPlace(fleet, tenants);
    const isRead = (tenant: KnownVersion) => applied.has(targetIn(tenant).schema);
    return {
      wrong: tenants
        .filter(isRead)
        .flatMap((tenant) => judge(tenant, applied.get(targetIn(tenant).schema) ?? [], set)),
      unread: tenants
        .filter((tenant) => !isRead(tenant))
        .map((tenant) => toUnread(tenant, 'its migrations changed meanwhile')),
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { wrong: [], unread: tenants.map((tenant) => toUnread(tenant, reason)) };
  }
}

async function readPlace(fleet: Fleet, tenants: readonly KnownVersion[]) {
  const [first] = tenants;
  if (first === undefined) return new Map<string, readonly string[]>();
  const { migrator } = await fleet.openCluster(first.clusterId, first.database);
  const targets = new Map(tenants.map(targetIn).map((target) => [target.schema, target]));
  return await listApplied(migrator, [...targets.values()]);
}

function targetIn({ id, pool }: KnownVersion) {
  return targetOf({ tenantId: id, pool });
}

/** Whether all is there says a run, which compares the files too: here nobody becomes current. */
function judge(known: KnownVersion, applied: readonly string[], set: TargetSet): TrueVersion[] {
  const ids = new Set(applied);
  const pending = set.migrations.filter((id) => !ids.has(id)).length;
  const version = applied.at(-1) ?? null;
  const wasCurrent = known.hash === set.hash;
  const isCurrent = wasCurrent && pending === 0;
  if (version === known.version && isCurrent === wasCurrent) return [];
  return [{ known, version, hash: isCurrent ? set.hash : null, pending }];
}

function toUnread({ id, slug }: KnownVersion, reason: string): UnreadTenant {
  return { slug, tenantId: id, reason };
}
