import { isDeepStrictEqual } from 'node:util';
import { parse } from 'libpg-query';

/** One node of a syntax tree that is being changed. */
export type MutableNode = Record<string, unknown>;

/** The list under a key, to be changed; made where there is none. */
export function listIn(node: MutableNode, key: string): unknown[] {
  const list = node[key];
  if (Array.isArray(list)) return list as unknown[];
  const made: unknown[] = [];
  node[key] = made;
  return made;
}

/** A name as it stands in lists of columns. */
export function nameNode(name: string): MutableNode {
  return { String: { sval: name } };
}

/** Where a node begins in its statement, in bytes; the parser leaves a zero out. */
export function locationOf(node: unknown): number {
  const { location } = node as { readonly location?: number };
  return location ?? 0;
}

/** Tree of the one statement in `sql`, to be changed. */
export async function parseTree(sql: string): Promise<MutableNode> {
  const { stmts } = await parse(sql);
  return stmts?.[0]?.stmt ?? {};
}

/** Whether two trees say the same, wherever their parts stand. */
export function isSameTree(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(withoutPlaces(a), withoutPlaces(b));
}

const places = /(^|_)(location|list_start|list_end)$/;

function withoutPlaces(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(withoutPlaces);
  if (typeof tree !== 'object' || tree === null) return tree;
  const entries = Object.entries(tree).filter(([key]) => !places.test(key));
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutPlaces(value)]));
}
