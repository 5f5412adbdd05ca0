import {
  describeServer,
  ownerNameOf,
  schemaNameOf,
  type FindingRepair,
  type PostgresServer,
} from '@tenantry/tenancy';
import type { QueryExecutorProvider } from 'kysely';
import { defaultConnectionLimit } from '../cluster/tenant-schema.ts';
import { referenceSchema } from '../cluster/reference-schema.ts';
import { migratorNameOf } from '../customer/customer-roles.ts';
import { toStatement } from './audit-check.ts';
import { runChecks, toAnswer, type AuditAnswer, type FindingPlace } from './audit-database.ts';
import { codeChecks, customerGuardChecks, doorChecks } from './code-checks.ts';
import { customerDatabaseChecks } from './customer-checks.ts';
import { customerRoleNames, customerSchemaNames, type CustomerNames } from './customer-names.ts';
import { ownershipChecks } from './ownership-checks.ts';
import { roleChecks } from './role-checks.ts';
import { schemaChecks } from './schema-checks.ts';

/** A database that a customer brought along, and whose it is. */
export interface AuditedCustomer extends CustomerNames {
  readonly server: Pick<PostgresServer, 'host' | 'port'>;
  /** Name of the database. */
  readonly database: string;
  /** Whether the platform made it. What leads out of a database that was there before is the customer's own affair. */
  readonly isOurs: boolean;
}

/** Where findings in a customer's database are: the server takes the place of the cluster. */
export function placeOfCustomer({ server, database }: AuditedCustomer): FindingPlace {
  return { cluster: describeServer(server), database };
}

/**
 * Looks at a tenant's roles, schema and rights in the database that its customer brought along, and at nothing of the customer's own. Any
 * login of that database may ask.
 */
export async function auditCustomerDatabase(
  db: QueryExecutorProvider,
  customer: AuditedCustomer,
): Promise<AuditAnswer> {
  const { id, isOurs } = customer;
  const names = [customerRoleNames(customer), customerSchemaNames(customer)];
  const roles = [schemaNameOf(id), ownerNameOf(id), migratorNameOf(id)];
  const schemas = [schemaNameOf(id), referenceSchema.schema, 'tenantry', 'public'];
  const ofRoles = [
    ...roleChecks(defaultConnectionLimit, 'quote_ident(r.name)'),
    ...customerDatabaseChecks,
    ...ownershipChecks,
  ];
  const statements = [
    toStatement(names, ofRoles, roles),
    toStatement(names, [...schemaChecks, ...codeChecks], [...roles, ...schemas]),
    ...(isOurs ? [toStatement(names, [...doorChecks, ...customerGuardChecks])] : []),
  ];
  const answers: AuditAnswer[] = [];
  for (const statement of statements)
    answers.push(toAnswer(await runChecks(db, statement), placeOfCustomer(customer)));
  return {
    findings: answers
      .flatMap(({ findings }) => findings)
      .map((finding) => ({ ...finding, tenantId: id, repair: byCustomer(finding.repair) })),
    more: answers.reduce((sum, { more }) => sum + more, 0),
  };
}

/**
 * What the provisioner does on a cluster is done there by the login that the customer gave, all else by its administrator: what somebody
 * else's server answers sends nobody of the platform to work.
 */
function byCustomer(repair: FindingRepair | null): FindingRepair | null {
  if (repair === null) return null;
  return repair.as === 'platform_provisioner'
    ? { ...repair, as: 'customer_login' }
    : { ...repair, as: 'administrator', isAutomatic: false };
}
