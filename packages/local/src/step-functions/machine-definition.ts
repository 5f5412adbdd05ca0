/** A state machine of the assembly. */
export interface LocalMachine {
  readonly name: string;
  readonly arn: string;
  /** The definition in the Amazon States Language, with all references resolved. */
  readonly definition: object;
}

/** Named fields of a state, a rule or a template. */
export type Fields = Readonly<Record<string, unknown>>;

/** A state machine's definition, or the part of one inside a Map or Parallel state. */
export interface MachineDefinition extends Fields {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, StateDefinition>>;
}

/** One state; which fields it may have depends on its type. */
export interface StateDefinition extends Fields {
  readonly Type: string;
}
