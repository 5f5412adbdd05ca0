import {
  TenancyError,
  type ControlAction,
  type ControlAnswer,
  type ControlError,
} from '@tenantry/tenancy';
import { actions } from './actions.ts';
import { parseControlEvent } from './parse-control-event.ts';

/** The control plane for CLI and console: an error that a caller can mend is an answer, any other one is thrown. */
export async function handler(event: unknown): Promise<ControlAnswer<ControlAction>> {
  try {
    const { action, input } = parseControlEvent(event);
    return { ok: true, result: await actions[action](input as never) };
  } catch (error) {
    if (!(error instanceof TenancyError)) throw error;
    return { ok: false, error: toControlError(error) };
  }
}

function toControlError(error: TenancyError): ControlError {
  const field = 'field' in error && typeof error.field === 'string' ? { field: error.field } : {};
  const next = error.next === undefined ? {} : { next: error.next };
  return { code: error.code, message: error.message, ...next, ...field };
}
