import {
  nodeOf,
  nodesOf,
  relationName,
  textOf,
  unwrap,
  visitNodes,
  type SyntaxNode,
} from '../effects/syntax-tree.ts';

/** The queries of a statement that have a name, by it. */
type NamedQueries = ReadonlyMap<string, unknown>;

/** The tables whose columns, the tenant's among them, a query of `statement` returns by `*`; a table as often as its columns come out. */
export function starTables(query: unknown, statement: unknown): string[] {
  const named = new Map<string, unknown>();
  visitNodes(statement, (kind, node) => {
    if (kind === 'CommonTableExpr') named.set(String(node['ctename']), node['ctequery']);
  });
  return starsOf(query, named);
}

function starsOf(query: unknown, named: NamedQueries): string[] {
  const [kind, node] = unwrap(query);
  if (kind !== 'SelectStmt') {
    // What INSERT, UPDATE and DELETE return is of their one table.
    const returned = nodesOf(nodeOf(node['returningClause'])['exprs'] ?? node['returningList']);
    const table = relationName(node['relation']);
    return returned.some(isStar) && table !== undefined ? [table] : [];
  }
  // The columns of a UNION are those of its first side.
  if (node['larg'] !== undefined) return starsOf({ SelectStmt: node['larg'] }, named);
  const sources = nodesOf(node['fromClause']).flatMap((item) => sourcesOf(item, named));
  return nodesOf(node['targetList'])
    .filter(isStar)
    .flatMap((target) => {
      const qualifier = fieldsOf(target).map(textOf).at(-2);
      return sources
        .filter(({ alias }) => qualifier === undefined || alias === qualifier)
        .flatMap(({ tables }) => tables);
    });
}

function fieldsOf(target: SyntaxNode): readonly SyntaxNode[] {
  const { val } = nodeOf(target['ResTarget']);
  return nodesOf(nodeOf(nodeOf(val)['ColumnRef'])['fields']);
}

function isStar(target: SyntaxNode): boolean {
  return 'A_Star' in (fieldsOf(target).at(-1) ?? {});
}

interface QuerySource {
  readonly alias: string;
  readonly tables: readonly string[];
}

function sourcesOf(item: SyntaxNode, named: NamedQueries): QuerySource[] {
  const [kind, node] = unwrap(item);
  const name = relationName(node) ?? '';
  const given = nodeOf(node['alias'])['aliasname'];
  const alias = typeof given === 'string' ? given : name;
  switch (kind) {
    case 'RangeVar':
      return [{ alias, tables: named.has(name) ? starsOfNamed(name, named) : [name] }];
    case 'RangeSubselect':
      return [{ alias, tables: starsOf(node['subquery'], named) }];
    case 'JoinExpr':
      return [node['larg'], node['rarg']].flatMap((side) => sourcesOf(nodeOf(side), named));
    default:
      return [];
  }
}

/** A recursive query reads itself: inside of it its name stands for nothing more. */
function starsOfNamed(name: string, named: NamedQueries): string[] {
  const others = new Map(named).set(name, {});
  return starsOf(named.get(name), others);
}
