import {
  findingCodes,
  ownerNameOf,
  schemaNameOf,
  type AuditedTenant,
  type AuditFinding,
  type FindingCode,
  type FindingRepair,
  type TenantId,
} from '@tenantry/tenancy';
import { migratorNameOf } from '../customer/customer-roles.ts';
import { placeOfCustomer, type AuditedCustomer } from './audit-customer-database.ts';
import type { KnownTenants } from './compare-traces.ts';
import type { CustomerTrace } from './customer-traces.ts';

/**
 * What a customer's server lacks of the tenant that is there, and what it still holds of tenants that the catalog knows to be deleted or
 * elsewhere. An id that the catalog does not know may be one of another deployment, and is nobody's finding.
 */
export function compareCustomerTraces(
  traces: readonly CustomerTrace[],
  customer: AuditedCustomer,
  known: KnownTenants,
): AuditFinding[] {
  const own = traces.find(({ id }) => id === customer.id);
  const status = known.after.get(customer.id)?.status;
  return [
    ...(status === 'active' ? findMissing(own, customer) : []),
    ...(status === 'suspended' ? findOpenings(own, customer) : []),
    ...traces
      .filter(({ id }) => isGone(known.before.get(id)) && isGone(known.after.get(id)))
      .flatMap((trace) => findLeftovers(trace, customer)),
  ];
}

function isGone(tenant: AuditedTenant | undefined): boolean {
  return tenant !== undefined && (tenant.status === 'deleted' || !tenant.isCustomers);
}

function findMissing(trace: CustomerTrace | undefined, customer: AuditedCustomer): AuditFinding[] {
  const { id } = customer;
  const [user, owner, migrator] = [schemaNameOf(id), ownerNameOf(id), migratorNameOf(id)];
  const lost = [user, owner, migrator].filter((role) => trace?.roles.includes(role) !== true);
  const missing = lost.map((role) =>
    toFinding('MISSING_ROLE', customer, { object: `role ${role}`, what: 'it does not exist' }),
  );
  if (trace?.hasSchema !== true) {
    const object = `schema ${user}`;
    missing.push(toFinding('MISSING_SCHEMA', customer, { object, what: 'it does not exist' }));
  }
  if (trace === undefined || missing.length > 0) return missing;
  const rights: readonly (readonly [boolean, string, string, string])[] = [
    [trace.canLogIn, user, 'it cannot log in', `alter role ${user} login`],
    [
      trace.mayUseSchema,
      user,
      'it may not use its schema',
      `grant usage on schema ${user} to ${user}`,
    ],
    [
      trace.canMigrate,
      migrator,
      `it is no member of ${owner}, which it changes tables as`,
      `grant ${owner} to ${migrator}`,
    ],
  ];
  return rights
    .filter(([isThere]) => !isThere)
    .map(([, role, what, command]) =>
      toFinding('MISSING_RIGHT', customer, {
        object: `role ${role}`,
        what,
        repair: byCustomer([command], true),
      }),
    );
}

function findOpenings(trace: CustomerTrace | undefined, customer: AuditedCustomer): AuditFinding[] {
  if (trace === undefined || !(trace.canLogIn || trace.mayUseSchema)) return [];
  const user = schemaNameOf(customer.id);
  const commands = [
    `alter role ${user} nologin`,
    ...(trace.mayUseSchema ? [`revoke all on schema ${user} from ${user}`] : []),
    `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${user}'`,
  ];
  return [
    toFinding('SUSPENDED_OPEN', customer, {
      object: `role ${user}`,
      what: 'it is suspended and still has rights',
      repair: byCustomer(commands, true),
    }),
  ];
}

function findLeftovers(trace: CustomerTrace, customer: AuditedCustomer): AuditFinding[] {
  const { id, roles, hasSchema, databases } = trace;
  const schema = `t_${id}`;
  const leftovers: readonly (readonly [FindingCode, string, readonly string[]])[] = [
    ...databases.map((name): [FindingCode, string, string[]] => [
      'ORPHAN_DATABASE',
      `database ${name}`,
      [`drop database "${name.replaceAll('"', '""')}" with (force)`],
    ]),
    ...(hasSchema
      ? [['ORPHAN_SCHEMA', `schema ${schema}`, [`drop schema ${schema} cascade`]] as const]
      : []),
    ...roles.map((role): [FindingCode, string, string[]] => [
      'ORPHAN_ROLE',
      `role ${role}`,
      [`drop owned by ${role} cascade`, `drop role ${role}`],
    ]),
  ];
  return leftovers.map(([code, object, commands]) => ({
    ...toFinding(code, customer, {
      object,
      what: 'its tenant is deleted, or elsewhere',
      repair: byCustomer(commands, false),
    }),
    tenantId: id as TenantId,
  }));
}

function byCustomer(commands: readonly string[], isAutomatic: boolean): FindingRepair {
  return { commands, as: 'customer_login', isAutomatic };
}

function toFinding(
  code: FindingCode,
  customer: AuditedCustomer,
  facts: Pick<AuditFinding, 'object' | 'what'> & { readonly repair?: FindingRepair },
): AuditFinding {
  const place = placeOfCustomer(customer);
  return {
    code,
    ...findingCodes[code],
    ...place,
    tenantId: customer.id,
    slug: null,
    repair: null,
    ...facts,
  };
}
