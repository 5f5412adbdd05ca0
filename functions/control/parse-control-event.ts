import * as z from 'zod';
import { TenantInputError, type ControlEvent } from '@tenantry/tenancy';

const actor = z.string().min(1).max(200);
const reference = z.string().min(1).max(200);
const references = z.array(reference).max(1000).optional();

const inputs = {
  'create-tenant': z.looseObject({ slug: z.string(), actor }),
  'list-tenants': z.object({}),
  'show-tenant': z.object({ reference }),
  'delete-tenant': z.object({ reference, actor }),
  'migrate-up': z.object({ all: z.boolean().optional(), references, actor }),
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
