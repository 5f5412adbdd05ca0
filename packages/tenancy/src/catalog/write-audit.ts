import type { CatalogDb } from './catalog-schema.ts';
import { jsonb } from './jsonb.ts';

/** One line of the append-only audit trail: who did what to which tenant or run, and how it ended. */
export interface AuditEntry {
  readonly actor: string;
  readonly action: string;
  readonly tenantId?: string;
  readonly runId?: string;
  readonly outcome: 'started' | 'done' | 'failed';
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Appends one line to the audit trail. Never put a secret's value into `details`. */
export async function writeAudit(db: CatalogDb, entry: AuditEntry): Promise<void> {
  await db
    .insertInto('audit')
    .values({
      actor: entry.actor,
      action: entry.action,
      tenant_id: entry.tenantId ?? null,
      run_id: entry.runId ?? null,
      outcome: entry.outcome,
      details: jsonb(entry.details ?? {}),
    })
    .execute();
}
