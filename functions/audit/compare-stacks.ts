import type { KnownTenants } from '@tenantry/database';
import {
  findingCodes,
  homeClusterId,
  type AuditedTenant,
  type AuditFinding,
} from '@tenantry/tenancy';

/** Stacks without a dedicated tenant, and dedicated tenants without their stack; the stacks' names begin with `prefix`. */
export function compareStacks(
  names: readonly string[],
  prefix: string,
  { before, after }: KnownTenants,
): AuditFinding[] {
  const orphans = names.filter((name) => {
    const id = name.slice(prefix.length);
    return ![before.get(id), after.get(id)].some(mayHaveStack);
  });
  const found = new Set(names);
  const bereft = [...after.values()].filter(
    ({ id, isolation, status }) =>
      isolation === 'dedicated' &&
      (status === 'active' || status === 'suspended') &&
      before.get(id)?.status === status &&
      !found.has(`${prefix}${id}`),
  );
  return [
    ...orphans.map((name) => toOrphan(name, name.slice(prefix.length))),
    ...bereft.map(({ id }): AuditFinding => ({
      ...aboutStack('MISSING_STACK', id),
      object: `stack ${prefix}${id}`,
      what: 'it does not exist',
      repair: null,
    })),
  ];
}

function mayHaveStack(tenant: AuditedTenant | undefined): boolean {
  return (
    tenant?.isolation === 'dedicated' && tenant.status !== 'deleted' && tenant.status !== 'failed'
  );
}

function toOrphan(name: string, tenantId: string): AuditFinding {
  return {
    ...aboutStack('ORPHAN_STACK', tenantId),
    object: `stack ${name}`,
    what: 'no dedicated tenant has it, and none is being made',
    repair: {
      commands: [
        `aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name ${name}`,
        `aws cloudformation delete-stack --stack-name ${name}`,
      ],
      as: 'operator',
      isAutomatic: false,
    },
  };
}

function aboutStack(code: 'ORPHAN_STACK' | 'MISSING_STACK', tenantId: string) {
  const place = { cluster: homeClusterId, database: null };
  return { code, ...findingCodes[code], ...place, tenantId, slug: null };
}
