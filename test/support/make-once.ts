const key = Symbol.for('tenantry.made-once');

/**
 * What `make` gives, made once in this process: vitest's projects each load the modules of their set-up for themselves, and what they
 * share would be made by each.
 */
export async function makeOnce<Thing>(name: string, make: () => Promise<Thing>): Promise<Thing> {
  const holder = globalThis as { [key]?: Map<string, Promise<unknown>> };
  const made = (holder[key] ??= new Map());
  if (!made.has(name)) made.set(name, make());
  return (await made.get(name)) as Thing;
}
