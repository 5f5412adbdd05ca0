import {
  alterTableEffects,
  ownerOfObject,
  referencedTables,
} from './effects/alter-table-effects.ts';
import { queryEffects } from './effects/query-effects.ts';
import {
  mergeEffects,
  tableLocks,
  type StatementCost,
  type StatementEffect,
  type TableLock,
} from './effects/statement-effect.ts';
import {
  nodeOf,
  nodesOf,
  relationName,
  textOf,
  unwrap,
  type SyntaxNode,
} from './effects/syntax-tree.ts';

export type { StatementCost, StatementEffect, TableLock } from './effects/statement-effect.ts';

type Finder = (statement: SyntaxNode) => StatementEffect[];

const on = (range: unknown, lock: TableLock, cost: StatementCost = 'instant') =>
  [relationName(range) ?? []].flat().map((table) => ({ table, lock, cost }));

/** Drops that lock the table which the object belongs to. */
const droppedWithTable = new Set(['OBJECT_TRIGGER', 'OBJECT_POLICY', 'OBJECT_RULE']);
const droppedRelations = new Set([
  'OBJECT_TABLE',
  'OBJECT_VIEW',
  'OBJECT_MATVIEW',
  'OBJECT_SEQUENCE',
  'OBJECT_INDEX',
  'OBJECT_FOREIGN_TABLE',
]);
const commentedRelations = new Set([
  'OBJECT_TABLE',
  'OBJECT_VIEW',
  'OBJECT_MATVIEW',
  'OBJECT_INDEX',
]);
const commentedParts = new Set([
  'OBJECT_COLUMN',
  'OBJECT_TABCONSTRAINT',
  'OBJECT_TRIGGER',
  'OBJECT_POLICY',
  'OBJECT_RULE',
]);

const finders: Readonly<Record<string, Finder>> = {
  AlterTableStmt: alterTableEffects,
  CreateStmt: createTableEffects,
  CreateTableAsStmt: ({ query }) => queryEffects(query),
  SelectStmt: (statement) => queryEffects({ SelectStmt: statement }),
  InsertStmt: (statement) => queryEffects({ InsertStmt: statement }),
  UpdateStmt: (statement) => queryEffects({ UpdateStmt: statement }),
  DeleteStmt: (statement) => queryEffects({ DeleteStmt: statement }),
  MergeStmt: (statement) => queryEffects({ MergeStmt: statement }),
  IndexStmt: ({ relation, concurrent }) =>
    on(relation, concurrent === true ? 'SHARE UPDATE EXCLUSIVE' : 'SHARE', 'scan'),
  DropStmt: dropEffects,
  TruncateStmt: ({ relations }) =>
    nodesOf(relations).flatMap((item) => on(item['RangeVar'], 'ACCESS EXCLUSIVE')),
  CreateTrigStmt: ({ relation, constrrel }) => [
    ...on(relation, 'SHARE ROW EXCLUSIVE'),
    ...on(constrrel, 'ACCESS SHARE'),
  ],
  RuleStmt: ({ relation }) => on(relation, 'ACCESS EXCLUSIVE'),
  CreatePolicyStmt: ({ table }) => on(table, 'ACCESS EXCLUSIVE'),
  AlterPolicyStmt: ({ table }) => on(table, 'ACCESS EXCLUSIVE'),
  ViewStmt: viewEffects,
  RefreshMatViewStmt: ({ relation, concurrent }) =>
    concurrent === true
      ? on(relation, 'EXCLUSIVE', 'scan')
      : on(relation, 'ACCESS EXCLUSIVE', 'rewrite'),
  RenameStmt: ({ relation, renameType }) =>
    on(relation, renameType === 'OBJECT_INDEX' ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE'),
  CommentStmt: commentEffects,
  CreateStatsStmt: ({ relations }) =>
    nodesOf(relations).flatMap((item) => on(item['RangeVar'], 'SHARE UPDATE EXCLUSIVE')),
  AlterSeqStmt: ({ sequence }) => on(sequence, 'SHARE ROW EXCLUSIVE'),
  ReindexStmt: ({ relation, kind }) =>
    on(relation, kind === 'REINDEX_OBJECT_INDEX' ? 'ACCESS EXCLUSIVE' : 'SHARE', 'scan'),
  ClusterStmt: ({ relation }) => on(relation, 'ACCESS EXCLUSIVE', 'rewrite'),
  LockStmt: ({ relations, mode }) =>
    nodesOf(relations).flatMap((item) => on(item['RangeVar'], lockOfMode(mode))),
};

/**
 * What a statement does to each table it names, from its syntax tree, by PostgreSQL's documentation: the lock it holds until the end of
 * the transaction, and whether its time grows with the table. What only the database knows is not in it: tables reached by CASCADE, the
 * other side of a foreign key that is dropped or checked, what triggers and functions do. Strongest lock first.
 */
export function findEffects(tree: unknown): StatementEffect[] {
  const [kind, statement] = unwrap(tree);
  return mergeEffects(finders[kind]?.(statement) ?? []);
}

/** The table itself is new and nobody waits for it; those it refers to are not. */
function createTableEffects(statement: SyntaxNode): StatementEffect[] {
  const self = relationName(statement['relation']);
  const elements = nodesOf(statement['tableElts']);
  const parents = nodesOf(statement['inhRelations']).flatMap((item) =>
    on(item['RangeVar'], 'SHARE UPDATE EXCLUSIVE'),
  );
  const named = elements.flatMap((element) => [
    ...on(nodeOf(element['TableLikeClause'])['relation'], 'ACCESS SHARE'),
    ...referencedTables(nodeOf(element['ColumnDef'])),
    ...referencedTables({ constraints: [element] }),
  ]);
  return [...parents, ...named].filter(({ table }) => table !== self);
}

function dropEffects({ objects, removeType, concurrent }: SyntaxNode): StatementEffect[] {
  const type = String(removeType);
  const lock = concurrent === true ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE';
  return nodesOf(objects).flatMap((object) => {
    const names = nodesOf(nodeOf(object['List'])['items']).map(textOf);
    if (droppedRelations.has(type)) return on({ relname: names.at(-1) }, lock);
    return droppedWithTable.has(type) ? on({ relname: ownerOfObject(object) }, lock) : [];
  });
}

function viewEffects({ view, query, replace }: SyntaxNode): StatementEffect[] {
  const read = queryEffects(query).map(
    ({ table, lock }) => ({ table, lock, cost: 'instant' }) as const,
  );
  return replace === true ? [...on(view, 'ACCESS EXCLUSIVE'), ...read] : read;
}

function commentEffects({ objtype, object }: SyntaxNode): StatementEffect[] {
  const names = nodesOf(nodeOf(nodeOf(object)['List'])['items']).map(textOf);
  const type = String(objtype);
  if (commentedRelations.has(type)) return on({ relname: names.at(-1) }, 'SHARE UPDATE EXCLUSIVE');
  return commentedParts.has(type) ? on({ relname: names.at(-2) }, 'SHARE UPDATE EXCLUSIVE') : [];
}

/** PostgreSQL numbers its lock modes from 1 in the order of their strength. */
function lockOfMode(mode: unknown): TableLock {
  return tableLocks[Number(mode) - 1] ?? 'ACCESS EXCLUSIVE';
}
