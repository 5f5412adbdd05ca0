import * as z from 'zod';
import type { ControlEvent } from '@tenantry/tenancy';
import { parseAction } from '../parse-action.ts';
import { runChange, runPace, targetSelector } from '../run-inputs.ts';

const actor = z.string().min(1).max(200);
const reference = z.string().min(1).max(200);
// It is shown at terminals, which some characters steer.
const reason = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u, 'has a character that cannot be printed');
const references = z.array(reference).max(1000).optional();

const inputs = {
  'create-tenant': z.looseObject({ slug: z.string(), actor }),
  'create-tenants': z.object({
    tenants: z
      .array(z.looseObject({ line: z.number().int() }))
      .min(1)
      .max(5000),
    skipExisting: z.boolean().optional(),
    actor,
  }),
  'show-creation': z.object({ creation: reference }),
  'list-tenants': z.object({}),
  'show-tenant': z.object({ reference }),
  'delete-tenant': z.object({ reference, leaveDatabase: z.boolean().optional(), actor }),
  'suspend-tenant': z.object({ reference, reason: reason.optional(), actor }),
  'resume-tenant': z.object({ reference, actor }),
  'record-tenant': z.looseObject({ slug: z.string(), actor }),
  'show-route': z.object({ reference }),
  'show-health': z.object({}),
  'list-targets': z.object({ selector: targetSelector }),
  'list-clusters': z.object({}),
  'set-cluster': z.object({
    cluster: reference,
    capacity: z.number().int().min(0).max(1_000_000).optional(),
    concurrency: z.number().int().min(1).max(1000).nullable().optional(),
    status: z.enum(['active', 'closed']).optional(),
    actor,
  }),
  'start-run': z.object({
    selector: targetSelector,
    change: runChange,
    pace: runPace,
    verify: z.literal(true).optional(),
    retryOf: reference.optional(),
    withChanges: z.array(reference).max(1000).optional(),
    actor,
  }),
  'control-run': z.object({
    run: reference,
    command: z.enum(['pause', 'resume', 'cancel']),
    actor,
  }),
  'list-runs': z.object({ limit: z.number().int().min(1).max(100).optional() }),
  'list-run-items': z.object({
    run: reference,
    endedSince: z.iso.datetime({ offset: true }).optional(),
    status: z.enum(['pending', 'working', 'migrated', 'failed', 'skipped']).optional(),
    limit: z.number().int().min(1).max(500).optional(),
  }),
  'migrate-status': z.object({ references }),
  'show-run': z.object({ run: reference.optional(), execution: reference.optional() }),
} as const satisfies Record<ControlEvent['action'], z.ZodType>;

/** What was asked of the control function; throws `TenantInputError` naming the first value that does not fit. */
export function parseControlEvent(event: unknown): ControlEvent {
  return parseAction(inputs, event) as ControlEvent;
}
