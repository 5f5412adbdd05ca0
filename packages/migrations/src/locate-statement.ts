import type { CompiledMigration } from './compiled-migrations.ts';
import type { FailedAnswer, FailedStatement } from './engine-call.ts';

/** Finds the statement that a failed answer is about. */
export function locateIn(
  migrations: readonly CompiledMigration[],
  direction: 'up' | 'down',
): (answer: FailedAnswer) => FailedStatement {
  return ({ migration, statement = 0 }) => {
    const id = migration ?? null;
    const found = migrations.find((candidate) => candidate.id === id);
    return {
      migration: id ?? '(not known)',
      statement,
      source: found?.[direction]?.[statement - 1],
    };
  };
}
