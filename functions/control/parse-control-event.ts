import * as z from 'zod';
import { TenantInputError, type ControlEvent } from '@tenantry/tenancy';
import { runChange, runPace, targetSelector } from '../run-inputs.ts';

const actor = z.string().min(1).max(200);
const reference = z.string().min(1).max(200);
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
  'delete-tenant': z.object({ reference, actor }),
  'record-tenant': z.looseObject({ slug: z.string(), actor }),
  'show-route': z.object({ reference }),
  'list-targets': z.object({ selector: targetSelector }),
  'start-run': z.object({
    selector: targetSelector,
    change: runChange,
    pace: runPace,
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

const isAction = (action: unknown): action is ControlEvent['action'] =>
  typeof action === 'string' && Object.hasOwn(inputs, action);

/** What was asked of the control function; throws `TenantInputError` naming the first value that does not fit. */
export function parseControlEvent(event: unknown): ControlEvent {
  const { action, input } = z.looseObject({ action: z.unknown(), input: z.unknown() }).parse(event);
  if (!isAction(action)) {
    throw new TenantInputError('action', `must be one of ${Object.keys(inputs).join(', ')}`);
  }
  const parsed = inputs[action].safeParse(input ?? {});
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new TenantInputError(issue?.path.join('.') || 'input', issue?.message ?? 'does not fit');
  }
  return { action, input: parsed.data } as ControlEvent;
}
