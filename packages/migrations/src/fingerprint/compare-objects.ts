import type { SchemaObjects } from './describe-objects.ts';

/** One object that is not as it should be. */
export interface ObjectDifference {
  readonly object: string;
  readonly difference: 'missing' | 'unexpected' | 'different';
  readonly expected: string | null;
  readonly actual: string | null;
}

const containers = /^(table|view|materialized view|foreign table) (.+)$/;
const parts = /^(?:column|constraint|rule|trigger|policy) ([^.]+)\./;

/** What differs between two schemas, by name. Parts of a table that is missing or unexpected as a whole are not listed as well. */
export function compareObjects(expected: SchemaObjects, actual: SchemaObjects): ObjectDifference[] {
  const names = [...new Set([...expected.keys(), ...actual.keys()])].toSorted();
  const differences = names.flatMap((object) => {
    const sides = { expected: expected.get(object) ?? null, actual: actual.get(object) ?? null };
    if (sides.expected === sides.actual) return [];
    return [{ object, difference: differenceOf(sides), ...sides }];
  });
  const whole = new Set(
    differences
      .filter(({ difference }) => difference !== 'different')
      .flatMap(({ object }) => containers.exec(object)?.[2] ?? []),
  );
  return differences.filter(({ object }) => !whole.has(parts.exec(object)?.[1] ?? ''));
}

function differenceOf(sides: {
  readonly expected: string | null;
  readonly actual: string | null;
}): ObjectDifference['difference'] {
  if (sides.actual === null) return 'missing';
  return sides.expected === null ? 'unexpected' : 'different';
}
