import {
  auditDatabase,
  auditRoles,
  compareCustomerSecrets,
  compareDomains,
  compareSecrets,
  compareTraces,
  listTenantTraces,
  type AuditAnswer,
  type KnownTenants,
  type ListedSecret,
  type SecretPrefixes,
  type TracedCluster,
} from '@tenantry/database';
import {
  findingCodes,
  listAuditedTenants,
  listClusters,
  listCustomerDatabases,
  schemaNameOf,
  parseTenantId,
  type AuditedTenant,
  type AuditFinding,
  type AuditReport,
  type CatalogDb,
  type Cluster,
} from '@tenantry/tenancy';
import type { Kysely } from 'kysely';
import { auditCustomers, findAtCustomers, type WithCustomerDatabase } from './audit-customers.ts';
import { compareStacks } from './compare-stacks.ts';
import { mapSome } from './map-some.ts';

/** What an audit works with. */
export interface AuditFleetOptions {
  readonly catalog: CatalogDb;
  /** A database of a cluster, as a login that may connect to all of them. */
  readonly openDatabase: (cluster: Cluster, database: string) => Kysely<unknown>;
  /** A database that a customer brought along, as a login that may connect to it. */
  readonly withCustomerDatabase: WithCustomerDatabase;
  /** Lists tenants' secrets by the prefixes of their names. @default - secrets are not compared */
  readonly secrets?: {
    readonly prefixes: SecretPrefixes;
    /** Of the logins at customers' servers. */
    readonly customerPrefix: string;
    readonly list: (prefix: string) => Promise<readonly ListedSecret[]>;
  };
  /** Lists the stacks whose names begin with `prefix`. @default - dedicated tenants' stacks are not compared */
  readonly stacks?: {
    readonly prefix: string;
    readonly list: (prefix: string) => Promise<readonly string[]>;
  };
  readonly actor: string;
}

/** An answer of a function has at most 6 MB. */
const mostFindings = 1000;
const databasesAtOnce = 8;

/**
 * Looks at the walls of all tenants on all clusters and on customers' servers, and at what is left or missing of them, and changes
 * nothing. A database that cannot be reached is a finding and holds up no other.
 */
export async function auditFleet(options: AuditFleetOptions): Promise<AuditReport> {
  const { catalog, actor, secrets, stacks } = options;
  const startedAt = new Date().toISOString();
  const before = byId(await listAuditedTenants(catalog));
  const clusters = await listClusters(catalog);
  const looks = [];
  for (const cluster of clusters)
    looks.push(await auditCluster(cluster, [...before.values()], options));
  const databases = await listCustomerDatabases(catalog);
  const customers = await auditCustomers(databases, before, options.withCustomerDatabase);
  const stackNames = (await stacks?.list(stacks.prefix)) ?? [];
  const listed = secrets === undefined ? [] : await listAll(secrets);
  const logins = (await secrets?.list(secrets.customerPrefix)) ?? [];
  const databasesAfter = secrets === undefined ? [] : await listCustomerDatabases(catalog);
  const after = byId(await listAuditedTenants(catalog));
  const known: KnownTenants = { before, after };
  const found = [
    ...looks.flatMap(({ answers }) => answers.flatMap(({ findings }) => findings)),
    ...looks.flatMap(({ traced }) => (traced === undefined ? [] : compareTraces(traced, known))),
    ...findAtCustomers(customers, known),
    ...(stacks === undefined ? [] : compareStacks(stackNames, stacks.prefix, known)),
    ...(secrets === undefined ? [] : compareSecrets(listed, secrets.prefixes, known)),
    ...compareCustomerSecrets(logins, { before: databases, after: databasesAfter }),
    ...compareDomains(known),
  ];
  const answers = [
    ...looks.flatMap((look) => look.answers),
    ...customers.map(({ answer }) => answer),
  ];
  const unlisted = answers.reduce((sum, { more }) => sum + more, 0);
  return {
    startedAt,
    endedAt: new Date().toISOString(),
    actor,
    databases: looks.reduce((sum, look) => sum + look.databases, customers.length),
    tenants: [...after.values()].filter(({ status }) => status !== 'deleted').length,
    findings: found.toSorted(bySeverity).slice(0, mostFindings).map(withSlug(after)),
    more: unlisted + Math.max(0, found.length - mostFindings),
  };
}

async function listAll({ prefixes, list }: Required<AuditFleetOptions>['secrets']) {
  return [...(await list(prefixes.shared)), ...(await list(prefixes.dedicated))];
}

interface ClusterLook {
  readonly answers: readonly AuditAnswer[];
  /** Undefined when the cluster could not be reached. */
  readonly traced: TracedCluster | undefined;
  readonly databases: number;
}

async function auditCluster(
  cluster: Cluster,
  tenants: readonly AuditedTenant[],
  { openDatabase }: AuditFleetOptions,
): Promise<ClusterLook> {
  const { id, database } = cluster;
  const own = tenants
    .filter((tenant) => tenant.cluster === id && hasOwnDatabase(tenant))
    .map((tenant) => schemaNameOf(parseTenantId(tenant.id)));
  const place = { cluster: id, database };
  const shared = openDatabase(cluster, database);
  try {
    const traces = await listTenantTraces(shared);
    const answers = [
      await auditRoles(shared, place),
      await auditDatabase(shared, place, { hasPools: true }),
    ];
    const others = await mapSome(own, databasesAtOnce, async (name) => {
      const there = { cluster: id, database: name };
      return await auditDatabase(openDatabase(cluster, name), there, { hasPools: false }).catch(
        (error: unknown) => unreachable(there, error),
      );
    });
    return {
      answers: [...answers, ...others],
      traced: { ...place, traces },
      databases: 1 + own.length,
    };
  } catch (error) {
    return { answers: [unreachable(place, error)], traced: undefined, databases: 0 };
  }
}

function hasOwnDatabase({ isolation, status, isCustomers }: AuditedTenant): boolean {
  return (
    isolation === 'database' && !isCustomers && (status === 'active' || status === 'suspended')
  );
}

function unreachable(
  place: { readonly cluster: string; readonly database: string },
  error: unknown,
): AuditAnswer {
  const finding: AuditFinding = {
    code: 'DATABASE_UNREACHABLE',
    ...findingCodes.DATABASE_UNREACHABLE,
    ...place,
    tenantId: /^t_([a-z0-9]{16,32})$/.exec(place.database)?.[1] ?? null,
    slug: null,
    object: `database ${place.database}`,
    what: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    repair: null,
  };
  return { findings: [finding], more: 0 };
}

function byId(tenants: readonly AuditedTenant[]): ReadonlyMap<string, AuditedTenant> {
  return new Map(tenants.map((tenant) => [tenant.id, tenant]));
}

function bySeverity(a: AuditFinding, b: AuditFinding): number {
  return a.severity === b.severity ? 0 : a.severity === 'critical' ? -1 : 1;
}

function withSlug(tenants: ReadonlyMap<string, AuditedTenant>) {
  return (finding: AuditFinding): AuditFinding => ({
    ...finding,
    slug: finding.tenantId === null ? null : (tenants.get(finding.tenantId)?.slug ?? null),
  });
}
