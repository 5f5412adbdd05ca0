import { nodeOf, nodesOf, relationName, textOf, type SyntaxNode } from '../effects/syntax-tree.ts';
import { refuseRestart } from './pool-alter-table.ts';
import { refuseTenantColumn } from './pool-column.ts';
import { refuse } from './pool-refusal.ts';
import type { Rewriting } from './rewriting.ts';

/** Forgets what a DROP takes away. Throws `PoolRefusal` for a policy. */
export function dropObjects(statement: SyntaxNode, { objects }: Rewriting): void {
  const { removeType: type } = statement;
  if (type === 'OBJECT_POLICY') refusePolicy();
  for (const object of nodesOf(statement['objects'])) {
    const names = nodesOf(nodeOf(object['List'])['items']).map(textOf);
    const [table = '', name = ''] = [names.at(-2), names.at(-1)];
    if (type === 'OBJECT_TRIGGER') objects.removeTrigger(table, name);
    else if (/_(TABLE|VIEW|SEQUENCE|INDEX)$/.test(String(type))) objects.removeRelation(name);
  }
}

/** Throws `PoolRefusal`: the policies are the engine's. */
export function refusePolicy(): never {
  refuse(
    'the policies of shared tables keep tenants apart and are not to be changed; leave it out',
  );
}

const relationTypes = /^OBJECT_(TABLE|VIEW|SEQUENCE|INDEX)$/;
const partTypes = /^OBJECT_(TABCONSTRAINT|TRIGGER)$/;
const platformTypes = /^OBJECT_(ROLE|SCHEMA|DATABASE|TABLESPACE)$/;

/** Follows a new name. Throws `PoolRefusal` for what belongs to the platform, and for the tenant's column. */
export function renameObject(statement: SyntaxNode, { objects }: Rewriting): void {
  const type = String(statement['renameType']);
  if (type === 'OBJECT_POLICY') refusePolicy();
  if (platformTypes.test(type)) refuse('it belongs to the platform; leave the statement out');
  const table = relationName(statement['relation']) ?? '';
  const [part, to] = [String(statement['subname']), String(statement['newname'])];
  if (type === 'OBJECT_COLUMN') {
    refuseTenantColumn(part);
    refuseTenantColumn(to);
    objects.renameColumn(table, part, to);
  } else if (partTypes.test(type)) {
    objects.renamePart(table, part, to);
  } else if (relationTypes.test(type)) {
    objects.rename(table, to);
  }
}

/** Remembers a sequence. Throws `PoolRefusal` for a temporary one. */
export function createSequence({ sequence }: SyntaxNode, { objects }: Rewriting): void {
  if (nodeOf(sequence)['relpersistence'] === 't') {
    refuse('a temporary sequence is gone when the migration ends; use row_number()');
  }
  objects.addRelation(relationName(sequence) ?? '');
}

/** Throws `PoolRefusal` where a sequence would be set back for all tenants. */
export function alterSequence({ options }: SyntaxNode): void {
  refuseRestart(nodesOf(options).map((option) => nodeOf(option['DefElem'])));
}
