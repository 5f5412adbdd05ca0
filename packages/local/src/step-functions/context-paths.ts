import type { Fields } from './machine-definition.ts';

/** Fields whose content is a template: only keys that end in `.$` hold paths. */
const templates = new Set(['Parameters', 'ItemSelector', 'ResultSelector', 'BatchInput']);

/**
 * The same definition with `$$.Execution` read as `$$.Run`: the interpreter overwrites `Execution` in the branches of Parallel and
 * the children of Map states, where on AWS it stays the one of the whole execution.
 */
export function renameExecutionPaths<Value>(value: Value): Value {
  return rename(value, false) as Value;
}

function rename(value: unknown, isTemplate: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => rename(item, isTemplate));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value as Fields).map(([key, inner]) => [
      key,
      renameField(key, inner, isTemplate),
    ]),
  );
}

function renameField(key: string, value: unknown, isTemplate: boolean): unknown {
  if (key === 'Result' && !isTemplate) return value;
  const isPath = key.endsWith('.$') || (!isTemplate && /(Path|^Variable)$/.test(key));
  if (isPath && typeof value === 'string')
    return value.replaceAll(/\$\$\.Execution\b/g, '$$$$.Run');
  return rename(value, isTemplate || templates.has(key));
}
