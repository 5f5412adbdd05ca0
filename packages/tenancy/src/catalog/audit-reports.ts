import type { AuditFinding, AuditReport } from '../audit-views.ts';
import type { CatalogDb } from './catalog-schema.ts';
import { jsonb } from './jsonb.ts';

/** Audits that the catalog keeps. */
const kept = 30;

/** Findings that one statement enters; each is some hundred bytes. */
const enteredAtOnce = 200;

/** Keeps what an audit found, and forgets the oldest of the ones kept. */
export async function recordAudit(db: CatalogDb, report: AuditReport): Promise<void> {
  const { startedAt, endedAt, actor, databases, tenants, more, findings } = report;
  await db.transaction().execute(async (trx) => {
    const { id } = await trx
      .insertInto('audit_runs')
      .values({
        started_at: new Date(startedAt),
        ended_at: new Date(endedAt),
        actor,
        databases,
        tenants,
        more,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    for (let start = 0; start < findings.length; start += enteredAtOnce) {
      const rows = findings.slice(start, start + enteredAtOnce).map((finding, index) => ({
        audit_run_id: id,
        position: start + index,
        finding: jsonb(finding),
      }));
      await trx.insertInto('audit_findings').values(rows).execute();
    }
    const older = trx.selectFrom('audit_runs').select('id').orderBy('id', 'desc').offset(kept);
    await trx.deleteFrom('audit_runs').where('id', 'in', older).execute();
  });
}

/** What the last audit found, or undefined before the first. */
export async function findLastAudit(db: CatalogDb): Promise<AuditReport | undefined> {
  const run = await db
    .selectFrom('audit_runs')
    .selectAll()
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (run === undefined) return undefined;
  return {
    startedAt: run.started_at.toISOString(),
    endedAt: run.ended_at.toISOString(),
    actor: run.actor,
    databases: run.databases,
    tenants: run.tenants,
    more: run.more,
    findings: await readFindings(db, run.id),
  };
}

// One call of the Data API answers at most 1 MB.
async function readFindings(db: CatalogDb, id: bigint): Promise<AuditFinding[]> {
  const findings: AuditFinding[] = [];
  for (;;) {
    const rows = await db
      .selectFrom('audit_findings')
      .select('finding')
      .where('audit_run_id', '=', id)
      .orderBy('position')
      .offset(findings.length)
      .limit(enteredAtOnce)
      .execute();
    findings.push(...rows.map(({ finding }) => finding));
    if (rows.length < enteredAtOnce) return findings;
  }
}
