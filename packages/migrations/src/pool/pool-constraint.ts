import { textOf } from '../effects/syntax-tree.ts';
import { quoteName } from '../quote-name.ts';
import { listIn, locationOf, nameNode, type MutableNode } from './mutable-node.ts';
import { refuse } from './pool-refusal.ts';
import { tenantColumn, tenantNameNode, type Rewriting } from './rewriting.ts';
import { insertText, tokenBefore, tokenFrom } from './statement-text.ts';

/** The names in a list of columns. */
export function namesIn(node: MutableNode, key: string): string[] {
  const list = node[key];
  return Array.isArray(list) ? list.map(textOf) : [];
}

/** Gives a constraint that stands by itself the tenant's column in front, in tree and text, and the name it has without that. */
export function poolConstraint(constraint: MutableNode, table: string, rewriting: Rewriting): void {
  refuseConstraint(constraint);
  switch (constraint['contype']) {
    case 'CONSTR_PRIMARY':
    case 'CONSTR_UNIQUE':
      return poolKey(constraint, table, rewriting);
    case 'CONSTR_FOREIGN':
      return poolForeignKey(constraint, table, rewriting);
    default:
      noteOther(constraint, table, rewriting);
  }
}

function noteOther(constraint: MutableNode, table: string, { objects }: Rewriting): void {
  const { conname: name } = constraint;
  if (typeof name === 'string') objects.addConstraint({ name, table, columns: [] });
}

/** Throws `PoolRefusal` for what means something else once the tenant's column is part of it. */
export function refuseConstraint(constraint: MutableNode): void {
  const { contype, fk_matchtype: match, fk_upd_action: onUpdate } = constraint;
  if (contype === 'CONSTR_EXCLUSION') {
    refuse(
      'an EXCLUDE constraint compares the rows of all tenants; use a unique constraint, or a trigger that looks for conflicts',
    );
  }
  if (constraint['without_overlaps'] === true || constraint['fk_with_period'] === true) {
    refuse(
      'WITHOUT OVERLAPS and PERIOD need an index that the tenant column cannot lead; use a unique constraint, or a trigger that looks for conflicts',
    );
  }
  if (contype !== 'CONSTR_FOREIGN') return;
  if (match === 'f') {
    refuse(
      'MATCH FULL wants all columns or none, and the tenant column is never null; leave it out and check the columns with CHECK (num_nulls(a, b) IN (0, 2))',
    );
  }
  if (onUpdate === 'n' || onUpdate === 'd') {
    refuse(
      'ON UPDATE SET NULL and SET DEFAULT would clear the tenant column too; use ON UPDATE CASCADE, or none',
    );
  }
}

function poolKey(constraint: MutableNode, table: string, rewriting: Rewriting): void {
  const { objects, text } = rewriting;
  const { indexname: index, conname: given } = constraint;
  if (typeof index === 'string') {
    objects.rename(index, typeof given === 'string' ? given : index);
    return;
  }
  const columns = [...namesIn(constraint, 'keys'), ...namesIn(constraint, 'including')];
  const name = nameOf(constraint, rewriting, () =>
    constraint['contype'] === 'CONSTR_PRIMARY'
      ? objects.namePrimaryKey(table)
      : objects.nameKey(table, columns),
  );
  objects.addKey(name, table, columns);
  insertText(text, tokenFrom(text, locationOf(constraint), '(').end, `${tenantColumn}, `);
  listIn(constraint, 'keys').unshift(tenantNameNode());
}

function poolForeignKey(constraint: MutableNode, table: string, rewriting: Rewriting): void {
  const { objects, text } = rewriting;
  const columns = namesIn(constraint, 'fk_attrs');
  const name = nameOf(constraint, rewriting, () => objects.nameForeignKey(table, columns));
  noteForeignKey(constraint, { name, table, columns }, rewriting);
  insertText(text, tokenFrom(text, locationOf(constraint), '(').end, `${tenantColumn}, `);
  listIn(constraint, 'fk_attrs').unshift(tenantNameNode());
  poolReference(constraint, columns, rewriting);
}

/** The name that stands there, or the one PostgreSQL would make, which is written in. */
function nameOf(constraint: MutableNode, { text }: Rewriting, derive: () => string): string {
  const { conname: given } = constraint;
  if (typeof given === 'string') return given;
  const name = derive();
  insertText(text, locationOf(constraint), `constraint ${quoteName(name)} `);
  constraint['conname'] = name;
  return name;
}

/** What a foreign key refers to, with the tenant's column in front; what it clears, without it. */
export function poolReference(
  constraint: MutableNode,
  columns: readonly string[],
  { text }: Rewriting,
): void {
  const table = tokenFrom(text, locationOf(constraint['pktable']));
  if (namesIn(constraint, 'pk_attrs').length > 0) {
    insertText(text, tokenFrom(text, table.end, '(').end, `${tenantColumn}, `);
    listIn(constraint, 'pk_attrs').unshift(tenantNameNode());
  }
  const { fk_del_action: onDelete } = constraint;
  const isClearing = onDelete === 'n' || onDelete === 'd';
  if (!isClearing || namesIn(constraint, 'fk_del_set_cols').length > 0) return;
  const list = columns.map(quoteName).join(', ');
  insertText(text, endOfClearing(text, table.end), ` (${list})`);
  constraint['fk_del_set_cols'] = columns.map(nameNode);
}

/** Behind `on delete set null`. */
function endOfClearing(text: Rewriting['text'], position: number): number {
  let word = tokenFrom(text, position, 'delete');
  while (tokenBefore(text, word.start).text !== 'on') word = tokenFrom(text, word.end, 'delete');
  return tokenFrom(text, tokenFrom(text, word.end, 'set').end).end;
}

const cascading = /^[cnd]$/;

/** Remembers a foreign key; throws `PoolRefusal` where it would fire triggers as the owner of all rows. */
export function noteForeignKey(
  constraint: MutableNode,
  place: { readonly name: string; readonly table: string; readonly columns: readonly string[] },
  { objects }: Rewriting,
): void {
  const isCascading =
    cascading.test(String(constraint['fk_del_action'])) ||
    cascading.test(String(constraint['fk_upd_action']));
  const trigger = isCascading ? objects.findTrigger(place.table) : undefined;
  if (trigger !== undefined) refuseTrigger(trigger, place.name);
  objects.addConstraint({ ...place, isCascading });
}

/** A cascade runs as the tables' owner, outside of the policies, and fires triggers so: measured on PostgreSQL 17. */
export function refuseTrigger(trigger: string, foreignKey: string): never {
  refuse(
    `when foreign key ${foreignKey} changes or deletes rows by itself it fires trigger ${trigger} as the owner of all tenants' rows; let the application delete or change them, or let the trigger fire on INSERT only`,
  );
}
