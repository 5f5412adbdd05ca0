import { createRequire } from 'node:module';

/** The parts of dynalite behind its HTTP server: the tables, and what it does with them. */
export interface Dynalite {
  /** Does an operation. Throws `DynaliteError` for what DynamoDB refuses. */
  run(operation: Operation, input: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Waits for what is under way, and closes the folder. */
  close(): Promise<void>;
}

/** The operations that are needed here. */
export const operations = [
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'DescribeTable',
  'GetItem',
  'PutItem',
  'Query',
  'Scan',
  'UpdateItem',
] as const;

/** One of them. */
export type Operation = (typeof operations)[number];

/** A refusal, as DynamoDB answers it. */
export interface DynaliteError {
  readonly statusCode: number;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Store {
  readonly lifecycleManager: { gracefulClose(): Promise<void> };
}

interface Modules {
  readonly db: {
    create(options: { readonly path: string; readonly createTableMs: number }): Store;
  };
  readonly validations: {
    checkTypes(input: object, types: unknown): object;
    checkValidations(input: object, types: unknown, custom: unknown, store: Store): void;
  };
}

type Action = (
  store: Store,
  input: object,
  done: (error: Error | null, output: unknown) => void,
) => void;

/**
 * Opens the tables in `path`. dynalite's own server is passed by: it would listen at a port, past the check of rights, and end the process
 * at the first error it does not know.
 */
export function openDynalite(path: string): Dynalite {
  // Loaded here and not before: most systems on a laptop are never asked for an item, and it takes 20 MB.
  const require = createRequire(import.meta.url);
  const { db, validations } = {
    db: require('dynalite/db') as unknown,
    validations: require('dynalite/validations') as unknown,
  } as Modules;
  const store = db.create({ path, createTableMs: 0 });
  return {
    run: async (operation, input) => {
      const file = operation[0]?.toLowerCase() + operation.slice(1);
      const action = require(`dynalite/actions/${file}`) as Action;
      const { types, custom } = require(`dynalite/validations/${file}`) as {
        readonly types: unknown;
        readonly custom: unknown;
      };
      const checked = validations.checkTypes({ ...input }, types);
      validations.checkValidations(checked, types, custom, store);
      return await new Promise((resolve, reject) => {
        action(store, checked, (error, output) => (error ? reject(error) : resolve(output)));
      });
    },
    close: async () => await store.lifecycleManager.gracefulClose(),
  };
}

/** Whether an error is a refusal with an answer of its own. */
export function isDynaliteError(error: unknown): error is DynaliteError {
  const { statusCode, body } = error as Partial<DynaliteError>;
  return typeof statusCode === 'number' && typeof body === 'object';
}
