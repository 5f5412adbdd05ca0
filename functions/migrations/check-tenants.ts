import {
  checkSchemas,
  staticTargets,
  type CheckResult,
  type SchemaFinding,
} from '@tenantry/migrations';
import {
  ownDatabaseOf,
  parseIsolation,
  parseTenantId,
  resolveTargets,
  parsePoolName,
  poolSchemaOf,
  schemaNameOf,
  type CheckFinding,
  type MigrationActions,
  type TargetSelector,
  type TargetView,
} from '@tenantry/tenancy';
import { compareVersions } from '../fleet/compare-versions.ts';
import { targetSetOf } from '../migration-set.ts';
import { targetOf } from '../tenant-target.ts';
import { compiled, fleet } from './environment.ts';

type Action = MigrationActions['check-tenants'];

/** An answer of a function has at most 6 MB. */
const mostFindings = 1000;

/**
 * Compares ledger and objects of the selected schemas with a reference, and notes each tenant's fingerprint in the catalog. The tables of a
 * pool are compared once, for all who share them, and named by the pool.
 */
export async function checkTenants({ selector }: Action['input']): Promise<Action['result']> {
  const { catalog } = fleet;
  const { targets } = await resolveTargets(catalog, selector, targetSetOf(compiled));
  const groups = Map.groupBy(
    targets,
    (target) => `${target.scope} ${target.cluster} ${findOwnDatabase(target)} ${target.pool}`,
  );
  const findings: CheckFinding[] = await findWrongVersions(selector, targets);
  for (const group of groups.values()) {
    const result = await checkGroup(group);
    findings.push(...nameTenants(group, result.findings));
    await recordFingerprints(group, result);
  }
  const sorted = findings.toSorted((a, b) => (a.slug < b.slug ? -1 : a.slug === b.slug ? 0 : 1));
  return {
    checked: targets.length,
    findings: sorted.slice(0, mostFindings),
    more: Math.max(0, findings.length - mostFindings),
  };
}

/** What the catalog knows wrongly of these tenants' migrations; of those who share tables once. */
async function findWrongVersions(
  selector: TargetSelector,
  targets: readonly TargetView[],
): Promise<CheckFinding[]> {
  const picked = new Set(targets.map(({ tenantId }) => tenantId));
  const { wrong } = await compareVersions(fleet, selector);
  const findings = wrong
    .filter(({ known }) => picked.has(known.id))
    .map(({ known, version, pending }): CheckFinding => ({
      ...toOwner(known.pool, known.slug, known.id),
      object: 'version in the catalog',
      difference: 'different',
      expected: `${version ?? 'nothing'}, ${pending} pending`,
      actual: known.version ?? 'nothing',
    }));
  return [...new Map(findings.map((it) => [JSON.stringify(it), it])).values()];
}

/** Whose tables a finding is about: a pool's are nobody's alone. */
function toOwner(pool: string | null, slug: string, tenantId: string) {
  return pool === null ? { slug, tenantId } : { slug: `pool ${pool}`, tenantId: '' };
}

/** The database that only this target is in, if it is a tenant with one. */
function findOwnDatabase({ tenantId, isolation }: TargetView): string | null {
  return tenantId === null
    ? null
    : ownDatabaseOf(parseIsolation(isolation), parseTenantId(tenantId));
}

/** Schemas of one scope in one database. */
async function checkGroup(group: readonly TargetView[]): Promise<CheckResult> {
  const [first] = group;
  if (first === undefined) return { fingerprints: new Map(), findings: [] };
  const { migrator } = await fleet.openCluster(first.cluster, findOwnDatabase(first));
  const schemas = first.pool === null ? group : [first];
  return await checkSchemas(migrator, first.scope, {
    compiled: compiled.scopes[first.scope],
    targets: schemas.map(({ scope, tenantId, pool }) =>
      scope === 'tenant' ? targetOf({ tenantId: tenantId ?? '', pool }) : staticTargets[scope],
    ),
  });
}

/** The schema that a target's migrations are applied to. */
function schemaOf({ tenantId, pool, name }: TargetView): string {
  if (pool !== null) return poolSchemaOf(parsePoolName(pool));
  return tenantId === null ? name : schemaNameOf(parseTenantId(tenantId));
}

function nameTenants(
  group: readonly TargetView[],
  findings: readonly SchemaFinding[],
): CheckFinding[] {
  const bySchema = new Map(group.map((target) => [schemaOf(target), target]));
  return findings.map(({ schema, ...finding }) => {
    const target = bySchema.get(schema);
    const { pool = null, name = schema, tenantId } = target ?? {};
    return { ...toOwner(pool, name, tenantId ?? ''), ...finding };
  });
}

/** Most tenants have one of a few fingerprints: one statement for each. */
async function recordFingerprints(
  group: readonly TargetView[],
  { fingerprints }: CheckResult,
): Promise<void> {
  const bySchema = Map.groupBy(group, schemaOf);
  const byFingerprint = Map.groupBy(fingerprints, ([, fingerprint]) => fingerprint);
  for (const [fingerprint, schemas] of byFingerprint) {
    const ids = schemas.flatMap(([schema]) =>
      (bySchema.get(schema) ?? []).flatMap(({ tenantId }) => tenantId ?? []),
    );
    for (let start = 0; start < ids.length; start += 500) {
      await fleet.catalog
        .updateTable('tenants')
        .set({ fingerprint, checked_at: new Date() })
        .where('id', 'in', ids.slice(start, start + 500))
        .execute();
    }
  }
}
