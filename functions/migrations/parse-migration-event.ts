import * as z from 'zod';
import type { MigrationEvent } from '@tenantry/tenancy';
import { parseAction } from '../parse-action.ts';
import { runChange, runPace, targetSelector } from '../run-inputs.ts';

const actor = z.string().min(1).max(200);
const reference = z.string().min(1).max(200);
const reason = z.string().trim().min(3).max(500);

const inputs = {
  'plan-run': z.object({ selector: targetSelector, change: runChange, pace: runPace }),
  'plan-tenant': z.object({ reference, change: runChange }),
  'mark-migration': z.object({
    reference,
    migration: reference,
    as: z.enum(['applied', 'pending']),
    reason,
    force: z.boolean().optional(),
    actor,
  }),
  'baseline-tenant': z.object({ reference, reason, actor }),
  'show-history': z.object({ reference }),
  'verify-versions': z.object({ selector: targetSelector, actor }),
  'check-tenants': z.object({ selector: targetSelector }),
} as const satisfies Record<MigrationEvent['action'], z.ZodType>;

/** What was asked of the function; throws `TenantInputError` naming the first value that does not fit. */
export function parseMigrationEvent(event: unknown): MigrationEvent {
  return parseAction(inputs, event) as MigrationEvent;
}
