import { TenancyError, type ControlError } from '@tenantry/tenancy';
import type * as z from 'zod';
import { parseAction } from './parse-action.ts';
import { toControlError } from './to-control-error.ts';

type AnyActions<Actions> = {
  readonly [Action in keyof Actions]: { readonly input: unknown; readonly result: unknown };
};

/** The answer to one of a function's actions: never a thrown error for something a caller can mend. */
type Answer<Actions extends AnyActions<Actions>> =
  | { readonly ok: true; readonly result: Actions[keyof Actions]['result'] }
  | { readonly ok: false; readonly error: ControlError };

/** A Lambda handler that answers actions: their inputs' shapes, and what each does. */
export function answerAction<Actions extends AnyActions<Actions>>(
  inputs: Readonly<Record<keyof Actions & string, z.ZodType>>,
  actions: {
    readonly [Action in keyof Actions]: (
      input: Actions[Action]['input'],
    ) => Promise<Actions[Action]['result']>;
  },
): (event: unknown) => Promise<Answer<Actions>> {
  return async (event) => {
    try {
      const { action, input } = parseAction(inputs, event);
      return { ok: true, result: await actions[action](input) };
    } catch (error) {
      if (!(error instanceof TenancyError)) throw error;
      return { ok: false, error: toControlError(error) };
    }
  };
}
