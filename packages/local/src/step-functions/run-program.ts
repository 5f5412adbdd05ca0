import type { RunProgram } from './execution-scope.ts';
import { runTask } from './run-task.ts';

/** Runs one machine, or a part of one, with its tasks bound to what they really do. */
export const runProgram: RunProgram = async (interpreter, input, scope) => {
  const { machine, context, cancellation } = scope;
  const handlers = [...machine.bindings].map(([state, binding]) => [
    state,
    (taskInput: unknown) => runTask({ state, binding, scope, runProgram }, taskInput),
  ]);
  const run = interpreter.run(input, {
    context: { ...context, StateMachine: { Id: machine.arn, Name: machine.name } },
    overrides: { taskResourceLocalHandlers: Object.fromEntries(handlers) as never },
  });
  const followed = scope.history?.follow(run.eventLogs);
  try {
    return await cancellation.during(run.result, () => run.abort());
  } finally {
    await followed;
  }
};
