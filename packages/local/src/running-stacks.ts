import type { LocalApi, LocalStack } from './assembly/local-stack.ts';
import type { LocalRole } from './iam/access-keys.ts';

/** The stacks that run now: that of the assembly, and those that CloudFormation made. */
export interface RunningStacks {
  /** The APIs of all stacks. */
  apis(): readonly LocalApi[];
  /** The role that a function works as, by the function's name. */
  findFunctionRole(functionName: string): LocalRole | undefined;
  findRole(arn: string): LocalRole | undefined;
  /** The named stack, if it runs. */
  find(name: string): LocalStack | undefined;
  /** All stacks but the named one. */
  others(name: string): readonly LocalStack[];
  /** Adds a stack, or puts it in the place of the one with its name. */
  set(stack: LocalStack): void;
  remove(name: string): void;
}

/** The stacks that run, `first` to begin with. */
export function createRunningStacks(first: LocalStack): RunningStacks {
  const byName = new Map([[first.name, first]]);
  let apis: readonly LocalApi[] = [];
  let roles: ReadonlyMap<string, LocalRole> = new Map();
  let roleArns: ReadonlyMap<string, string | undefined> = new Map();
  const collect = () => {
    const stacks = [...byName.values()];
    const functions = stacks.flatMap((stack) => stack.functions);
    apis = stacks.flatMap((stack) => stack.apis);
    roles = new Map(stacks.flatMap((stack) => stack.roles.map((role) => [role.arn, role])));
    roleArns = new Map(functions.map(({ name, roleArn }) => [name, roleArn]));
  };
  collect();
  return {
    apis: () => apis,
    findFunctionRole: (functionName) => roles.get(roleArns.get(functionName) ?? ''),
    findRole: (arn) => roles.get(arn),
    find: (name) => byName.get(name),
    others: (name) => [...byName.values()].filter((stack) => stack.name !== name),
    set: (stack) => {
      byName.set(stack.name, stack);
      collect();
    },
    remove: (name) => {
      byName.delete(name);
      collect();
    },
  };
}
