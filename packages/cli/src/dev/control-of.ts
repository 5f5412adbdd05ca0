import type { ControlAction, ControlActions, ControlError } from '@tenantry/tenancy';
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

type Answer<Result> =
  | { readonly ok: true; readonly result: Result }
  | { readonly ok: false; readonly error: ControlError };

/** Actions with what they are asked and what they answer. */
type Actions<Names extends PropertyKey> = Readonly<
  Record<Names, { readonly input: unknown; readonly result: unknown }>
>;

/** Calls the control function of a runtime. */
export function controlOf(runtime: Invoker, functionName: string): CallControl {
  return callFunction<ControlActions>(runtime, functionName);
}

/** Calls a function of a runtime that answers actions. */
export function callFunction<All extends Actions<keyof All>>(
  runtime: Invoker,
  functionName: string,
) {
  return async <Action extends keyof All>(
    action: Action,
    input: All[Action]['input'],
  ): Promise<All[Action]['result']> => {
    const { payload, functionError } = await runtime.invoke(functionName, { action, input });
    if (functionError !== undefined) {
      throw new CliError('CONTROL_FAILED', 'A function of the system failed.', {
        exitCode: exitCodes.failed,
        where: functionName,
        why: JSON.stringify(payload),
        next: ['look into the log files of the data folder'],
      });
    }
    const answer = payload as Answer<All[Action]['result']>;
    if (!answer.ok) throw toCliError(answer.error);
    return answer.result;
  };
}
