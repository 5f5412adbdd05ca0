import { setTimeout as delay } from 'node:timers/promises';
import {
  createTenantSteps,
  describeFailure,
  stepRetry,
  stepsFor,
  terminalErrorNames,
  type CreateTenantState,
  type LifecycleStep,
  type TenantFailure,
} from '@tenantry/tenancy';
import { withSqlState, type Step } from './run-step.ts';

/** What a creation in one process works with. */
export interface RunCreationOptions {
  /** All workers' steps by name. */
  readonly steps: Readonly<Record<string, Step>>;
  /** The execution in whose name the steps run. */
  readonly execution: string;
  /** Asked before anything is undone: whoever has lost the tenant to another worker leaves it alone. */
  readonly isHeld: () => Promise<boolean>;
}

/**
 * Does the steps of `create-tenant` after `reserve`, as its state machine does them: each is tried again unless no retry can mend its
 * error, and when one fails for good, its undo and those before it run, last first. Answers undefined for a tenant that is active, else
 * why it is not; `'lost'` when another worker holds it by then.
 */
export async function runCreation(
  state: CreateTenantState,
  options: RunCreationOptions,
): Promise<TenantFailure | 'lost' | undefined> {
  const begun: LifecycleStep[] = [];
  let current = state;
  for (const step of stepsAfterReserve) {
    begun.push(step);
    try {
      current = (await attempt(step.name, current, options)) as CreateTenantState;
    } catch (error) {
      if (!(await options.isHeld())) return 'lost';
      return await undo(toFailure(step.name, error), { begun, state: current, options });
    }
  }
  return undefined;
}

// All isolations that can be created in one process have the same steps; a dedicated tenant cannot.
const stepsAfterReserve = stepsFor<LifecycleStep>(createTenantSteps.slice(1), 'schema');

async function undo(
  failure: TenantFailure,
  made: {
    readonly begun: readonly LifecycleStep[];
    readonly state: CreateTenantState;
    readonly options: RunCreationOptions;
  },
): Promise<TenantFailure> {
  let { message } = failure;
  for (const step of made.begun.toReversed()) {
    if (step.undo === undefined) continue;
    try {
      await attempt(step.undo.name, made.state, made.options);
    } catch (error) {
      // Like the state machine, it goes on to the next undo; the operator is told what is left.
      message += `; undo step ${step.undo.name} failed: ${toFailure(step.undo.name, error).message}`;
    }
  }
  return { ...failure, message };
}

async function attempt(
  name: string,
  state: CreateTenantState,
  { steps, execution }: RunCreationOptions,
): Promise<unknown> {
  const step = steps[name];
  if (step === undefined) throw new TypeError(`no worker has a step "${name}"`);
  for (let tries = 0; ; tries += 1) {
    try {
      return await step(state as never, execution);
    } catch (error) {
      if (tries === stepRetry.maxAttempts || isTerminal(error)) throw error;
      await delay(Math.random() * pauseSeconds(tries) * 1000);
    }
  }
}

function pauseSeconds(tries: number): number {
  const { intervalSeconds, backoffRate, maxDelaySeconds } = stepRetry;
  return Math.min(intervalSeconds * backoffRate ** tries, maxDelaySeconds);
}

function isTerminal(error: unknown): boolean {
  return error instanceof Error && (terminalErrorNames as readonly string[]).includes(error.name);
}

function toFailure(step: string, thrown: unknown): TenantFailure {
  const error = withSqlState(thrown);
  const isError = error instanceof Error;
  return describeFailure({
    step,
    error: isError ? error.name : 'Error',
    cause: JSON.stringify({ errorMessage: isError ? error.message : String(error) }),
  });
}
