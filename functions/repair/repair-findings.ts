import { sqlStateOf } from '@tenantry/database';
import {
  getCluster,
  listCustomerDatabases,
  writeAudit,
  type AuditFinding,
  type RepairActions,
  type RepairedFinding,
} from '@tenantry/tenancy';
import { sql, type Kysely } from 'kysely';
import type { WithCustomerDatabase } from '../audit/audit-customers.ts';
import { auditFleet, type AuditFleetOptions } from '../audit/audit-fleet.ts';
import { inTime } from '../audit/in-time.ts';

type Action = RepairActions['repair-findings'];

/** What a repair works with. */
export interface RepairFindingsOptions extends AuditFleetOptions {
  /** A database that a customer brought along, as the login that the customer gave. */
  readonly withCustomerLogin: WithCustomerDatabase;
}

/**
 * Audits again and runs the repairs of what it then finds: only those that cannot lose data, and only commands that the audit itself made.
 * One that fails holds up no other.
 */
export async function repairFindings(
  { codes }: Action['input'],
  options: RepairFindingsOptions,
): Promise<Action['result']> {
  const { findings } = await auditFleet(options);
  const repaired: RepairedFinding[] = [];
  for (const finding of findings.filter((it) => isWanted(it, codes))) {
    const failure = await repair(finding, options);
    repaired.push({ finding, failure });
    await writeAudit(options.catalog, {
      actor: options.actor,
      action: 'repair-finding',
      ...(finding.tenantId !== null && { tenantId: finding.tenantId }),
      outcome: failure === null ? 'done' : 'failed',
      details: { code: finding.code, object: finding.object, what: finding.what, failure },
    });
  }
  return { repaired };
}

function isWanted({ code, repair: how }: AuditFinding, codes: Action['input']['codes']): boolean {
  return how?.isAutomatic === true && (codes === undefined || codes.includes(code));
}

async function repair(
  finding: AuditFinding,
  options: RepairFindingsOptions,
): Promise<string | null> {
  const run = async (db: Kysely<unknown>) => {
    for (const command of finding.repair?.commands ?? []) await sql.raw(command).execute(db);
  };
  try {
    await withRepairer(finding, options, run);
    return null;
  } catch (error) {
    const state = sqlStateOf(error);
    const message = error instanceof Error ? error.message : String(error);
    return state === undefined ? message : `${message} (SQLSTATE ${state})`;
  }
}

async function withRepairer(
  { cluster: id, database, tenantId, repair: how }: AuditFinding,
  { catalog, openDatabase, withCustomerLogin }: RepairFindingsOptions,
  run: (db: Kysely<unknown>) => Promise<void>,
): Promise<void> {
  if (how?.as !== 'customer_login') {
    const cluster = await getCluster(catalog, id);
    return await run(openDatabase(cluster, database ?? cluster.database));
  }
  const customer = (await listCustomerDatabases(catalog)).find((it) => it.tenantId === tenantId);
  if (customer === undefined)
    throw new TypeError(`the catalog has no server for tenant ${tenantId}`);
  await inTime(withCustomerLogin(customer, run));
}
