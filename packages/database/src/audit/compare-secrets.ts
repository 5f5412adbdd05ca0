import { findingCodes, homeClusterId, type AuditFinding } from '@tenantry/tenancy';
import type { KnownTenants } from './compare-traces.ts';

/** A secret as Secrets Manager lists it; its value is never read. */
export interface ListedSecret {
  readonly name: string;
  readonly arn: string;
  readonly createdAt?: Date | undefined;
}

/** What the names of tenants' secrets begin with; both end with a slash. */
export interface SecretPrefixes {
  readonly shared: string;
  /** Of dedicated tenants, whose secrets no other tenant's application may read. */
  readonly dedicated: string;
}

/** Tenants' secrets without a tenant, and tenants without their secret. */
export function compareSecrets(
  secrets: readonly ListedSecret[],
  prefixes: SecretPrefixes,
  { before, after }: KnownTenants,
): AuditFinding[] {
  const isKnown = (id: string): boolean =>
    [before.get(id), after.get(id)].some(
      (tenant) => tenant !== undefined && tenant.status !== 'deleted',
    );
  const idOf = (name: string): string => {
    const { shared, dedicated } = prefixes;
    const { length } = name.startsWith(dedicated) ? dedicated : shared;
    return name.slice(length).split('/')[0] ?? '';
  };
  const nameOf = (id: string, isolation: string): string =>
    `${isolation === 'dedicated' ? prefixes.dedicated : prefixes.shared}${id}`;
  const arns = new Set(secrets.map(({ arn }) => arn));
  const orphans = secrets.filter(({ name }) => !isKnown(idOf(name)));
  const bereft = [...after.values()].filter(
    ({ id, status, secretArn }) =>
      status === 'active' &&
      before.get(id)?.status === 'active' &&
      secretArn !== null &&
      !arns.has(secretArn),
  );
  return [
    ...orphans.map(({ name }): AuditFinding => ({
      ...aboutCatalog('ORPHAN_SECRET', idOf(name)),
      object: `secret ${name}`,
      what: 'the catalog has no tenant for it',
      repair: {
        commands: [
          `aws secretsmanager delete-secret --secret-id ${name} --recovery-window-in-days 30`,
        ],
        as: 'operator',
        isAutomatic: false,
      },
    })),
    ...bereft.map(({ id, isolation }): AuditFinding => ({
      ...aboutCatalog('MISSING_SECRET', id),
      object: `secret ${nameOf(id, isolation)}`,
      what: 'it does not exist',
      repair: {
        commands: [`aws secretsmanager restore-secret --secret-id ${nameOf(id, isolation)}`],
        as: 'operator',
        isAutomatic: false,
      },
    })),
  ];
}

/** Host names that lead to nobody, and active tenants that no host name leads to. */
export function compareDomains({ before, after }: KnownTenants): AuditFinding[] {
  return [...after.values()]
    .filter(({ id, status, hasDomain }) => {
      const earlier = before.get(id);
      if (earlier?.status !== status || earlier.hasDomain !== hasDomain) return false;
      return hasDomain ? status === 'deleted' : status === 'active';
    })
    .map(({ id, hasDomain }): AuditFinding =>
      hasDomain
        ? {
            ...aboutCatalog('ORPHAN_DOMAIN', id),
            object: `domains of tenant ${id}`,
            what: 'the tenant is deleted',
            repair: {
              commands: [`delete from catalog.domains where tenant_id = '${id}'`],
              as: 'administrator',
              isAutomatic: false,
            },
          }
        : {
            ...aboutCatalog('MISSING_DOMAIN', id),
            object: `domains of tenant ${id}`,
            what: 'there are none',
            repair: null,
          },
    );
}

/** What a finding about the catalog's own entries begins with. */
export function aboutCatalog(
  code: 'ORPHAN_SECRET' | 'MISSING_SECRET' | 'ORPHAN_DOMAIN' | 'MISSING_DOMAIN',
  tenantId: string | null,
) {
  const place = { cluster: homeClusterId, database: null };
  return { code, ...findingCodes[code], ...place, tenantId, slug: null };
}
