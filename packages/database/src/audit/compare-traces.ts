import {
  findingCodes,
  homeClusterId,
  type AuditedTenant,
  type AuditFinding,
  type FindingCode,
  type FindingRepair,
} from '@tenantry/tenancy';
import type { TenantTrace } from './tenant-traces.ts';

/** What the catalog knew before the cluster was looked at, and after. */
export interface KnownTenants {
  readonly before: ReadonlyMap<string, AuditedTenant>;
  readonly after: ReadonlyMap<string, AuditedTenant>;
}

/** A cluster and what it holds under tenants' ids. */
export interface TracedCluster {
  readonly cluster: string;
  /** The database that its tenants share. */
  readonly database: string;
  readonly traces: readonly TenantTrace[];
}

/**
 * What a cluster holds and the catalog does not know, and the other way round. Somebody may be created or deleted meanwhile: only what
 * stands against the catalog before and after the look is a finding.
 */
export function compareTraces(traced: TracedCluster, known: KnownTenants): AuditFinding[] {
  const { cluster, database, traces } = traced;
  const byId = new Map(traces.map((trace) => [trace.id, trace]));
  const place = { cluster, database };
  return [
    ...traces.flatMap((trace) => findLeftovers(trace, expectAt(trace.id, cluster, known), place)),
    ...[...known.after.values()].flatMap((tenant) =>
      isSteady(tenant, 'active', known)
        ? findMissing(byId.get(tenant.id), { tenant, place, known })
        : isSteady(tenant, 'suspended', known)
          ? findOpenings(byId.get(tenant.id), place)
          : [],
    ),
  ];
}

interface Place {
  readonly cluster: string;
  readonly database: string;
}

/** What may be there under an id. */
interface Expected {
  readonly login: boolean;
  readonly owner: boolean;
  readonly schema: boolean;
  readonly database: boolean;
}

/** All that one of the two looks allows. */
function expectAt(id: string, cluster: string, { before, after }: KnownTenants): Expected {
  const allowed = [before.get(id), after.get(id)].map((tenant) => expect(tenant, cluster));
  return {
    login: allowed.some(({ login }) => login),
    owner: allowed.some(({ owner }) => owner),
    schema: allowed.some(({ schema }) => schema),
    database: allowed.some((one) => one.database),
  };
}

const nothing: Expected = { login: false, owner: false, schema: false, database: false };

function expect(tenant: AuditedTenant | undefined, cluster: string): Expected {
  if (tenant === undefined || tenant.status === 'deleted' || tenant.isolation === 'cache')
    return nothing;
  const isHere = tenant.cluster === cluster && !tenant.isCustomers;
  // A tenant of another place reads what all share in the home database, with a login of its own there.
  if (!isHere) return { ...nothing, login: cluster === homeClusterId };
  return {
    login: true,
    owner: tenant.isolation !== 'table',
    schema: tenant.isolation === 'schema' || tenant.isolation === 'dedicated',
    database: tenant.isolation === 'database',
  };
}

function findLeftovers(trace: TenantTrace, expected: Expected, place: Place): AuditFinding[] {
  const name = `t_${trace.id}`;
  const owner = `o_${trace.id}`;
  const what = 'the catalog has no tenant for it';
  const leftovers: readonly (readonly [boolean, FindingCode, string, readonly string[]])[] = [
    [
      trace.hasDatabase && !expected.database,
      'ORPHAN_DATABASE',
      `database ${name}`,
      [`drop database ${name} with (force)`],
    ],
    [
      trace.hasSchema && !expected.schema,
      'ORPHAN_SCHEMA',
      `schema ${name}`,
      [`drop schema ${name} cascade`],
    ],
    [trace.hasRole && !expected.login, 'ORPHAN_ROLE', `role ${name}`, dropRole(name)],
    [trace.hasOwner && !expected.owner, 'ORPHAN_ROLE', `role ${owner}`, dropRole(owner)],
  ];
  return leftovers
    .filter(([isLeft]) => isLeft)
    .map(([, code, object, commands]) =>
      toFinding(code, place, {
        tenantId: trace.id,
        object,
        what,
        repair: { commands, as: 'platform_provisioner', isAutomatic: false },
      }),
    );
}

interface MissingAt {
  readonly tenant: AuditedTenant;
  readonly place: Place;
  readonly known: KnownTenants;
}

function dropRole(role: string): string[] {
  return [`drop owned by ${role} cascade`, `drop role ${role}`];
}

function findMissing(
  trace: TenantTrace | undefined,
  { tenant, place, known }: MissingAt,
): AuditFinding[] {
  const expected = expectAt(tenant.id, place.cluster, known);
  if (!expected.login) return [];
  const name = `t_${tenant.id}`;
  const lost = (code: FindingCode, object: string) =>
    toFinding(code, place, { tenantId: tenant.id, object, what: 'it does not exist' });
  if (trace?.hasRole !== true) return [lost('MISSING_ROLE', `role ${name}`)];
  const gone = [
    expected.owner && !trace.hasOwner && lost('MISSING_ROLE', `role o_${tenant.id}`),
    expected.schema && !trace.hasSchema && lost('MISSING_SCHEMA', `schema ${name}`),
    expected.database && !trace.hasDatabase && lost('MISSING_DATABASE', `database ${name}`),
  ];
  return [
    ...gone.filter((finding) => finding !== false),
    ...findMissingRights(trace, { tenant, place, expected }),
  ];
}

function findMissingRights(
  trace: TenantTrace,
  at: { readonly tenant: AuditedTenant; readonly place: Place; readonly expected: Expected },
): AuditFinding[] {
  const { tenant, place, expected } = at;
  const name = `t_${tenant.id}`;
  const pool =
    tenant.isolation === 'table' && tenant.cluster === place.cluster ? tenant.pool : null;
  const isDedicated = tenant.isolation === 'dedicated' && place.cluster === homeClusterId;
  const isElsewhere = pool !== null && trace.pools.some((role) => role !== `p_${pool}`);
  const rights: readonly (readonly [boolean, FindingCode, string, string])[] = [
    [!trace.canLogIn, 'MISSING_RIGHT', 'it cannot log in', `alter role ${name} login`],
    [
      !trace.isInGroup,
      'MISSING_RIGHT',
      'it is no member of app_tenants',
      `grant app_tenants to ${name}`,
    ],
    [
      expected.schema && trace.hasSchema && !trace.mayUseSchema,
      'MISSING_RIGHT',
      'it may not use its schema',
      `grant usage on schema ${name} to ${name}`,
    ],
    [
      isDedicated && !trace.seesOwnRoutes,
      'MISSING_RIGHT',
      'it is no member of app_dedicated, with which its application finds its route',
      `grant app_dedicated to ${name}`,
    ],
    [
      !isDedicated && trace.seesOwnRoutes,
      'MEMBERSHIP',
      'it is a member of app_dedicated, and has no application of its own',
      `revoke app_dedicated from ${name}`,
    ],
    [
      pool !== null && !isElsewhere && trace.pools.length === 0,
      'MISSING_RIGHT',
      `it is no member of its pool's role p_${pool}`,
      `grant p_${pool} to ${name}`,
    ],
  ];
  const missing = rights
    .filter(([isMissing]) => isMissing)
    .map(([, code, what, command]) =>
      toFinding(code, place, {
        tenantId: tenant.id,
        object: `role ${name}`,
        what,
        repair: automatic([command]),
      }),
    );
  if (!isElsewhere) return missing;
  const what = `it is a member of ${trace.pools.join(', ')}, and its pool is ${pool}`;
  return [
    ...missing,
    toFinding('WRONG_POOL', place, { tenantId: tenant.id, object: `role ${name}`, what }),
  ];
}

function findOpenings(trace: TenantTrace | undefined, place: Place): AuditFinding[] {
  if (trace?.hasRole !== true) return [];
  const name = `t_${trace.id}`;
  const isOpen = trace.canLogIn || trace.isInGroup || trace.mayUseSchema || trace.pools.length > 0;
  if (!isOpen) return [];
  const commands = [
    `alter role ${name} nologin`,
    ...(trace.mayUseSchema ? [`revoke all on schema ${name} from ${name}`] : []),
    ...['app_tenants', ...trace.pools].map((role) => `revoke ${role} from ${name}`),
    `select tenantry.end_sessions('${trace.id}')`,
  ];
  return [
    toFinding('SUSPENDED_OPEN', place, {
      tenantId: trace.id,
      object: `role ${name}`,
      what: 'it is suspended and still has rights',
      repair: automatic(commands),
    }),
  ];
}

function isSteady(
  { id, status }: AuditedTenant,
  wanted: AuditedTenant['status'],
  { before }: KnownTenants,
): boolean {
  return status === wanted && before.get(id)?.status === wanted;
}

function automatic(commands: readonly string[]): FindingRepair {
  return { commands, as: 'platform_provisioner', isAutomatic: true };
}

function toFinding(
  code: FindingCode,
  place: Place,
  facts: Pick<AuditFinding, 'tenantId' | 'object' | 'what'> & { readonly repair?: FindingRepair },
): AuditFinding {
  return { code, ...findingCodes[code], ...place, slug: null, repair: null, ...facts };
}
