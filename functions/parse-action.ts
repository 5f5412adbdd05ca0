import * as z from 'zod';
import { TenantInputError } from '@tenantry/tenancy';

/** An event's action and its input, which fits the action's own shape. */
export interface ParsedAction<Inputs extends Readonly<Record<string, z.ZodType>>> {
  readonly action: keyof Inputs;
  readonly input: unknown;
}

const actionEvent = z.looseObject({
  action: z.unknown().optional(),
  input: z.unknown().optional(),
});

/** One of the actions that `inputs` has shapes for; throws `TenantInputError` naming the first value that does not fit. */
export function parseAction<Inputs extends Readonly<Record<string, z.ZodType>>>(
  inputs: Inputs,
  event: unknown,
): ParsedAction<Inputs> {
  const { action, input } = actionEvent.catch({}).parse(event);
  const shape =
    typeof action === 'string' && Object.hasOwn(inputs, action) ? inputs[action] : undefined;
  if (shape === undefined) {
    throw new TenantInputError('action', `must be one of ${Object.keys(inputs).join(', ')}`);
  }
  const parsed = shape.safeParse(input ?? {});
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new TenantInputError(issue?.path.join('.') || 'input', issue?.message ?? 'does not fit');
  }
  return { action: action as keyof Inputs, input: parsed.data };
}
