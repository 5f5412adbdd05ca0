/** One node of a syntax tree, as PostgreSQL's parser names its parts. */
export type SyntaxNode = Readonly<Record<string, unknown>>;

/** The value as a node; a node without parts where it is none. */
export function nodeOf(value: unknown): SyntaxNode {
  return typeof value === 'object' && value !== null ? (value as SyntaxNode) : {};
}

/** The value as a list of nodes; empty where it is none. */
export function nodesOf(value: unknown): readonly SyntaxNode[] {
  return Array.isArray(value) ? value.map(nodeOf) : [];
}

/** Kind and content of a wrapped node: `{ IndexStmt: {...} }`. */
export function unwrap(tree: unknown): readonly [kind: string, node: SyntaxNode] {
  const [entry] = Object.entries(nodeOf(tree));
  return entry === undefined ? ['', {}] : [entry[0], nodeOf(entry[1])];
}

/** The text of a `String` node. */
export function textOf(node: unknown): string {
  const value = nodeOf(nodeOf(node)['String'])['sval'];
  return typeof value === 'string' ? value : '';
}

/** The table that a `RangeVar` names, or undefined where there is none. */
export function relationName(range: unknown): string | undefined {
  const name = nodeOf(range)['relname'];
  return typeof name === 'string' ? name : undefined;
}

/** Calls `visit` with kind and content of each node below `tree`, outermost first. */
export function visitNodes(tree: unknown, visit: (kind: string, node: SyntaxNode) => void): void {
  if (typeof tree !== 'object' || tree === null) return;
  if (Array.isArray(tree)) {
    for (const child of tree) visitNodes(child, visit);
    return;
  }
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      visit(key, value as SyntaxNode);
    }
    visitNodes(value, visit);
  }
}
