import type { OperationNode } from 'kysely';

type Kind = OperationNode['kind'];

/** What a query of shared tables is rewritten for: a `*`, a target of ON CONFLICT, a grouping. */
const rewrittenKinds: ReadonlySet<string> = new Set<Kind>([
  'SelectAllNode',
  'OnConflictNode',
  'GroupByNode',
]);

/** Names, signs and values: there is no part of a query in them. */
const leafKinds: ReadonlySet<string> = new Set<Kind>([
  'ColumnNode',
  'IdentifierNode',
  'OperatorNode',
  'PrimitiveValueListNode',
  'TableNode',
  'ValueNode',
]);

/** Whether a query is the same for shared tables as for a tenant's own: most are, and to find that out costs less than to rewrite them. */
export function isAlikeInPool(node: OperationNode): boolean {
  if (leafKinds.has(node.kind)) return true;
  if (rewrittenKinds.has(node.kind)) return false;
  for (const name in node) {
    const part: unknown = node[name as keyof OperationNode];
    if (typeof part === 'object' && part !== null && !isPartAlike(part)) return false;
  }
  return true;
}

function isPartAlike(part: object): boolean {
  if (!Array.isArray(part)) return isAlikeInPool(part as OperationNode);
  for (let index = 0; index < part.length; index += 1) {
    const item: unknown = part[index];
    if (typeof item === 'object' && item !== null && !isPartAlike(item)) return false;
  }
  return true;
}
