import {
  auditCustomerDatabase,
  compareCustomerTraces,
  listCustomerTraces,
  placeOfCustomer,
  type AuditAnswer,
  type AuditedCustomer,
  type CustomerTrace,
  type KnownTenants,
} from '@tenantry/database';
import {
  describeServer,
  findingCodes,
  ServerRefusedError,
  type AuditedTenant,
  type AuditFinding,
  type FindingCode,
  type TenantsDatabase,
} from '@tenantry/tenancy';
import type { Kysely } from 'kysely';
import { inTime } from './in-time.ts';
import { mapSome } from './map-some.ts';
import { parseFindings, parseTraces, toPrintable } from './parse-customer-answer.ts';

/** Runs `fn` in a customer's database, in a session that ends with it. */
export type WithCustomerDatabase = <Result>(
  customer: TenantsDatabase,
  fn: (db: Kysely<unknown>) => Promise<Result>,
) => Promise<Result>;

/** What was seen in a customer's database. */
export interface CustomerLook {
  readonly customer: AuditedCustomer;
  readonly answer: AuditAnswer;
  /** Undefined when the server let nobody in. */
  readonly traces: readonly CustomerTrace[] | undefined;
}

const databasesAtOnce = 8;

/** Looks into those of the databases that customers brought along whose tenants are at work. A server that lets nobody in is a finding. */
export async function auditCustomers(
  databases: readonly TenantsDatabase[],
  tenants: ReadonlyMap<string, AuditedTenant>,
  withDatabase: WithCustomerDatabase,
): Promise<CustomerLook[]> {
  const atWork = databases.filter(({ tenantId }) => {
    const status = tenants.get(tenantId)?.status;
    return status === 'active' || status === 'suspended';
  });
  return await mapSome(atWork, databasesAtOnce, async (database) => {
    const customer = toCustomer(database);
    try {
      const look = withDatabase(database, async (db) => ({
        customer,
        answer: parseFindings(await auditCustomerDatabase(db, customer)),
        traces: parseTraces(await listCustomerTraces(db)),
      }));
      return await inTime(look);
    } catch (error) {
      return { customer, answer: shutOut(customer, error), traces: undefined };
    }
  });
}

/**
 * All that is found in what was seen, each thing once: tenants may be neighbours on one server. Who is created or deleted meanwhile is no
 * finding.
 */
export function findAtCustomers(
  looks: readonly CustomerLook[],
  known: KnownTenants,
): AuditFinding[] {
  const { before, after } = known;
  const steady = looks.filter(
    ({ customer: { id } }) => before.get(id)?.status === after.get(id)?.status,
  );
  const found = steady.flatMap(({ customer, answer, traces }) => [
    ...answer.findings,
    ...(traces === undefined ? [] : compareCustomerTraces(traces, customer, known)),
  ]);
  const once = new Map(found.map((finding) => [keyOf(finding), finding]));
  return [...once.values()].map(toPrintable);
}

function toCustomer(placed: TenantsDatabase): AuditedCustomer {
  const { tenantId: id, name: database, user: login, isOurs } = placed;
  return { id, server: placed, database, login, isOurs };
}

function keyOf({ code, cluster, tenantId, object, what }: AuditFinding): string {
  return JSON.stringify([code, cluster, tenantId, object, what]);
}

function shutOut(customer: AuditedCustomer, error: unknown): AuditAnswer {
  const isGone = error instanceof ServerRefusedError && error.refusal === 'database-missing';
  const code: FindingCode = isGone ? 'MISSING_DATABASE' : 'SERVER_UNREACHABLE';
  const finding: AuditFinding = {
    code,
    ...findingCodes[code],
    ...placeOfCustomer(customer),
    tenantId: customer.id,
    slug: null,
    object: isGone ? `database ${customer.database}` : `server ${describeServer(customer.server)}`,
    what: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    repair: null,
  };
  return { findings: [finding], more: 0 };
}
