import type { ControlAction, ControlActions, ControlAnswer } from '@tenantry/tenancy';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { toCliError } from '../system/control-failure.ts';

/** Asks the control function for the result of an action; throws `CliError`. */
export type CallControl = <Action extends ControlAction>(
  action: Action,
  input: ControlActions[Action]['input'],
) => Promise<ControlActions[Action]['result']>;

/** The part of the local runtime that calls a function in this process' own system, without an SDK client. */
export interface Invoker {
  invoke(
    functionName: string,
    payload: unknown,
  ): Promise<{ readonly payload: unknown; readonly functionError?: string | undefined }>;
}

/** Calls the control function of a runtime. */
export function controlOf(runtime: Invoker, functionName: string): CallControl {
  return async (action, input) => {
    const { payload, functionError } = await runtime.invoke(functionName, { action, input });
    if (functionError !== undefined) {
      throw new CliError('CONTROL_FAILED', 'The control function failed.', {
        exitCode: exitCodes.failed,
        where: functionName,
        why: JSON.stringify(payload),
        next: ['look into the log files of the data folder'],
      });
    }
    const answer = payload as ControlAnswer<typeof action>;
    if (!answer.ok) throw toCliError(answer.error);
    return answer.result;
  };
}
