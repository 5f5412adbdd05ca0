import { assemblyError } from './assembly/assembly-error.ts';
import type { LocalStack } from './assembly/local-stack.ts';
import type { RuntimeMachines } from './data-folder/runtime-file.ts';

/** The parts of the platform that clients call by name. */
export interface PlatformDescription {
  /** Name of the deployment: `local`. */
  readonly stage: string;
  readonly controlFunction: string;
  readonly stateMachines: RuntimeMachines;
}

/**
 * Where clients find the platform in `stack`. Throws `LocalError` (`LOCAL_ASSEMBLY_INVALID`) when a part is missing, or when no
 * domain leads to any API.
 */
export function describePlatform(stack: LocalStack): PlatformDescription {
  if (stack.apis.every(({ domains }) => domains.length === 0)) {
    throw assemblyError('no domain leads to its APIs; it needs the context domain=localhost');
  }
  const names = stack.functions.map(({ name }) => name);
  const controlFunction = names.find((name) => /^tenantry-.+-control$/.test(name));
  if (controlFunction === undefined) {
    throw assemblyError(`it has no control function; its functions: ${names.join(', ')}`);
  }
  const prefix = controlFunction.replace(/control$/, '');
  return {
    stage: prefix.slice('tenantry-'.length, -1),
    controlFunction,
    stateMachines: {
      createTenant: getMachineArn(stack, `${prefix}create-tenant`),
      deleteTenant: getMachineArn(stack, `${prefix}delete-tenant`),
      migrateFleet: getMachineArn(stack, `${prefix}migrate-fleet`),
    },
  };
}

function getMachineArn({ machines }: LocalStack, name: string): string {
  const machine = machines.find((candidate) => candidate.name === name);
  if (machine !== undefined) return machine.arn;
  const names = machines.map((candidate) => candidate.name).join(', ');
  throw assemblyError(`it has no state machine ${name}; its state machines: ${names}`);
}
