import { nodeOf, unwrap } from '../effects/syntax-tree.ts';
import { quoteName } from '../quote-name.ts';
import { locationOf, nameNode, type MutableNode } from './mutable-node.ts';
import { noteForeignKey, poolReference, refuseConstraint } from './pool-constraint.ts';
import { refuse } from './pool-refusal.ts';
import { deletedColumn, tenantColumn, tenantNameNode, type Rewriting } from './rewriting.ts';
import {
  endOfPart,
  insertText,
  startOfBlanks,
  takeText,
  tokenBefore,
  tokenFrom,
} from './statement-text.ts';

/** A constraint that was taken out of a column, to stand by itself. */
export interface TakenConstraint {
  readonly node: MutableNode;
  readonly text: string;
}

/** Throws `PoolRefusal` when a column has the name of one of the platform's. */
export function refuseTenantColumn(name: unknown): void {
  if (name === deletedColumn) {
    refuse(
      `shared tables have a column "${deletedColumn}" of their own, by which rows are deleted; give the application's another name`,
    );
  }
  if (name !== tenantColumn) return;
  refuse(
    `shared tables have a column "${tenantColumn}" of their own, which says whose a row is; give the application's another name`,
  );
}

/**
 * Takes the keys out of a column's definition, because a key of a shared table has two columns at least. They are given back as
 * constraints that stand by themselves, with the tenant's column in front.
 */
export function takeKeys(
  column: MutableNode,
  table: string,
  rewriting: Rewriting,
): TakenConstraint[] {
  refuseTenantColumn(column['colname']);
  refuseShortNumbers(column);
  const parts = partsOf(column, rewriting);
  const keys = parts.filter(({ isKey }) => isKey);
  if (keys.length === 0) return [];
  const taken = keys.map((part) => takeKey(part, { column, table }, rewriting));
  const left = parts.filter(({ isKey }) => !isKey).flatMap(({ nodes }) => nodes);
  if (left.length === 0) delete column['constraints'];
  else column['constraints'] = left;
  return taken;
}

/** Throws `PoolRefusal` when a column's numbers come from a sequence that one tenant could use up for all. */
function refuseShortNumbers(column: MutableNode): void {
  const names = (nodeOf(column['typeName'])['names'] ?? []) as unknown[];
  const type = String(unwrap(names.at(-1))[1]['sval']);
  const constraints = ((column['constraints'] ?? []) as unknown[]).map((node) => unwrap(node)[1]);
  const isIdentity = constraints.some(({ contype }) => contype === 'CONSTR_IDENTITY');
  if (!/^(small)?serial$|^serial[24]$/.test(type) && !(isIdentity && /^int[24]$/.test(type)))
    return;
  refuse(
    `column "${String(column['colname'])}" takes short numbers from a sequence that all tenants share, and one could use them up for all; make it bigint`,
  );
}

/** A constraint in a column's definition, with the words about it that follow, and where both stand. */
interface ColumnPart {
  readonly nodes: unknown[];
  readonly constraint: MutableNode;
  readonly isKey: boolean;
  readonly start: number;
  end: number;
}

const keyTypes = /^CONSTR_(PRIMARY|UNIQUE|FOREIGN)$/;

function partsOf(column: MutableNode, { text }: Rewriting): ColumnPart[] {
  const parts: ColumnPart[] = [];
  for (const node of (column['constraints'] ?? []) as unknown[]) {
    const constraint = unwrap(node)[1] as MutableNode;
    const type = String(constraint['contype']);
    if (type.startsWith('CONSTR_ATTR_')) {
      parts.at(-1)?.nodes.push(node);
      continue;
    }
    const start = locationOf(constraint);
    parts.push({ nodes: [node], constraint, isKey: keyTypes.test(type), start, end: 0 });
  }
  const collation = nodeOf(column['collClause']);
  const starts = parts.map(({ start }) => start);
  if ('location' in collation) starts.push(locationOf(collation));
  starts.push(endOfPart(text, locationOf(column)));
  for (const part of parts) {
    const next = Math.min(...starts.filter((start) => start > part.start));
    part.end = tokenBefore(text, next).end;
  }
  return parts;
}

function takeKey(
  { nodes, constraint, start, end }: ColumnPart,
  { column, table }: { readonly column: MutableNode; readonly table: string },
  rewriting: Rewriting,
): TakenConstraint {
  refuseConstraint(constraint);
  const place = { table, columns: [String(column['colname'])], start };
  const isForeign = constraint['contype'] === 'CONSTR_FOREIGN';
  const name = (isForeign ? takeForeignKey : takeUniqueKey)(constraint, place, rewriting);
  const { text } = rewriting;
  const taken = takeText(text, startOfBlanks(text, start), end).trimStart();
  const given = 'conname' in constraint ? '' : `constraint ${quoteName(name)} `;
  const node = { ...constraint, ...deferral(nodes), conname: name };
  return { node: { Constraint: node }, text: given + taken };
}

/** A column of a table, and where the key in its definition begins. */
interface KeyPlace {
  readonly table: string;
  readonly columns: readonly string[];
  readonly start: number;
}

/** Writes `foreign key (tenant, column)` before what is referred to; returns the key's name. */
function takeForeignKey(
  constraint: MutableNode,
  { table, columns, start }: KeyPlace,
  rewriting: Rewriting,
): string {
  const { conname: given } = constraint;
  const { objects, text } = rewriting;
  const name = typeof given === 'string' ? given : objects.nameForeignKey(table, columns);
  noteForeignKey(constraint, { name, table, columns }, rewriting);
  poolReference(constraint, columns, rewriting);
  const words = tokenFrom(text, start, 'references');
  insertText(text, words.start, `foreign key ${columnList(columns)} `);
  constraint['fk_attrs'] = [tenantNameNode(), ...columns.map(nameNode)];
  return name;
}

/** Writes `(tenant, column)` behind PRIMARY KEY or UNIQUE; returns the key's name. */
function takeUniqueKey(
  constraint: MutableNode,
  { table, columns, start }: KeyPlace,
  { objects, text }: Rewriting,
): string {
  const { conname: given, contype } = constraint;
  const derive = () =>
    contype === 'CONSTR_PRIMARY' ? objects.namePrimaryKey(table) : objects.nameKey(table, columns);
  const name = typeof given === 'string' ? given : derive();
  objects.addKey(name, table, columns);
  insertText(text, endOfKeyWords(constraint, text, start), ` ${columnList(columns)}`);
  constraint['keys'] = [tenantNameNode(), ...columns.map(nameNode)];
  return name;
}

function columnList(columns: readonly string[]): string {
  return `(${[tenantColumn, ...columns.map(quoteName)].join(', ')})`;
}

/** Behind `primary key` or `unique nulls not distinct`. */
function endOfKeyWords(constraint: MutableNode, text: Rewriting['text'], start: number): number {
  const first =
    typeof constraint['conname'] === 'string'
      ? tokenFrom(text, tokenFrom(text, tokenFrom(text, start).end).end)
      : tokenFrom(text, start);
  if (constraint['contype'] === 'CONSTR_PRIMARY') return tokenFrom(text, first.end).end;
  const next = text.tokens.find(({ start: at }) => at >= first.end);
  return next?.text === 'nulls' ? tokenFrom(text, next.end, 'distinct').end : first.end;
}

/** The words about when a key is checked, which in a column stand as constraints of their own. */
function deferral(nodes: readonly unknown[]): MutableNode {
  const types = nodes.map((node) => unwrap(node)[1]['contype']);
  const isDeferred = types.includes('CONSTR_ATTR_DEFERRED');
  return {
    ...((isDeferred || types.includes('CONSTR_ATTR_DEFERRABLE')) && { deferrable: true }),
    ...(isDeferred && { initdeferred: true }),
  };
}
