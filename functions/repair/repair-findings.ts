import { sqlStateOf } from '@tenantry/database';
import {
  getCluster,
  writeAudit,
  type AuditFinding,
  type RepairActions,
  type RepairedFinding,
} from '@tenantry/tenancy';
import { sql } from 'kysely';
import { auditFleet, type AuditFleetOptions } from '../audit/audit-fleet.ts';

type Action = RepairActions['repair-findings'];

/**
 * Audits again and runs the repairs of what it then finds: only those that cannot lose data, and only commands that the audit itself made.
 * One that fails holds up no other.
 */
export async function repairFindings(
  { codes }: Action['input'],
  options: AuditFleetOptions,
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
  { catalog, openDatabase }: AuditFleetOptions,
): Promise<string | null> {
  const cluster = await getCluster(catalog, finding.cluster);
  const db = openDatabase(cluster, finding.database ?? cluster.database);
  try {
    for (const command of finding.repair?.commands ?? []) await sql.raw(command).execute(db);
    return null;
  } catch (error) {
    const state = sqlStateOf(error);
    const message = error instanceof Error ? error.message : String(error);
    return state === undefined ? message : `${message} (SQLSTATE ${state})`;
  }
}
