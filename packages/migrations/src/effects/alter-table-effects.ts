import { addedColumnCost, constraintCost } from './added-column-cost.ts';
import {
  higherCost,
  strongerLock,
  type StatementCost,
  type StatementEffect,
  type TableLock,
} from './statement-effect.ts';
import { nodeOf, nodesOf, relationName, textOf, type SyntaxNode } from './syntax-tree.ts';

/** Sub-commands with a weaker lock than ACCESS EXCLUSIVE, after PostgreSQL's `AlterTableGetLockLevel`. */
const weakerLocks: Readonly<Record<string, TableLock>> = {
  AT_SetStatistics: 'SHARE UPDATE EXCLUSIVE',
  AT_SetOptions: 'SHARE UPDATE EXCLUSIVE',
  AT_ResetOptions: 'SHARE UPDATE EXCLUSIVE',
  AT_ClusterOn: 'SHARE UPDATE EXCLUSIVE',
  AT_DropCluster: 'SHARE UPDATE EXCLUSIVE',
  AT_ValidateConstraint: 'SHARE UPDATE EXCLUSIVE',
  AT_AttachPartition: 'SHARE UPDATE EXCLUSIVE',
  AT_EnableTrig: 'SHARE ROW EXCLUSIVE',
  AT_EnableAlwaysTrig: 'SHARE ROW EXCLUSIVE',
  AT_EnableReplicaTrig: 'SHARE ROW EXCLUSIVE',
  AT_EnableTrigAll: 'SHARE ROW EXCLUSIVE',
  AT_EnableTrigUser: 'SHARE ROW EXCLUSIVE',
  AT_DisableTrig: 'SHARE ROW EXCLUSIVE',
  AT_DisableTrigAll: 'SHARE ROW EXCLUSIVE',
  AT_DisableTrigUser: 'SHARE ROW EXCLUSIVE',
};

/** Sub-commands whose time grows with the table. The type of a column changes without a rewrite only where the old one allows it. */
const costs: Readonly<Record<string, StatementCost>> = {
  AT_AlterColumnType: 'rewrite',
  AT_SetExpression: 'rewrite',
  AT_SetLogged: 'rewrite',
  AT_SetUnLogged: 'rewrite',
  AT_SetTableSpace: 'rewrite',
  AT_SetAccessMethod: 'rewrite',
  AT_SetNotNull: 'scan',
  AT_ValidateConstraint: 'scan',
};

const sharedOptions =
  /^(fillfactor|parallel_workers|toast_tuple_target|vacuum_|autovacuum_|log_autovacuum_)/;

/** What ALTER TABLE does to the table and to those that its sub-commands name; also ALTER INDEX, ALTER VIEW and ALTER SEQUENCE. */
export function alterTableEffects(statement: SyntaxNode): StatementEffect[] {
  const table = relationName(statement['relation']);
  if (table === undefined) return [];
  const commands = nodesOf(statement['cmds']).map((command) => nodeOf(command['AlterTableCmd']));
  let lock: TableLock = 'ACCESS SHARE';
  let cost: StatementCost = 'instant';
  for (const command of commands) {
    lock = strongerLock(lock, lockOf(command));
    cost = higherCost(cost, costOf(command));
  }
  return [{ table, lock, cost }, ...commands.flatMap(otherTables)];
}

function lockOf(command: SyntaxNode): TableLock {
  const kind = String(command['subtype']);
  const definition = nodeOf(command['def']);
  if (kind === 'AT_AddConstraint' && isForeignKey(definition['Constraint'])) {
    return 'SHARE ROW EXCLUSIVE';
  }
  if (kind === 'AT_DetachPartition' && nodeOf(definition['PartitionCmd'])['concurrent'] === true) {
    return 'SHARE UPDATE EXCLUSIVE';
  }
  if (kind === 'AT_SetRelOptions' || kind === 'AT_ResetRelOptions') {
    return optionNames(definition).every((name) => sharedOptions.test(name))
      ? 'SHARE UPDATE EXCLUSIVE'
      : 'ACCESS EXCLUSIVE';
  }
  return weakerLocks[kind] ?? 'ACCESS EXCLUSIVE';
}

function optionNames(definition: SyntaxNode): string[] {
  const items = nodesOf(nodeOf(definition['List'])['items']);
  return items.map((item) => String(nodeOf(item['DefElem'])['defname']));
}

function costOf(command: SyntaxNode): StatementCost {
  const kind = String(command['subtype']);
  const definition = nodeOf(command['def']);
  if (kind === 'AT_AddColumn') return addedColumnCost(nodeOf(definition['ColumnDef']));
  if (kind === 'AT_AddConstraint') return constraintCost(nodeOf(definition['Constraint']));
  return costs[kind] ?? 'instant';
}

/** Foreign keys lock the table they refer to as well, partitions the one that comes or goes. */
function otherTables(command: SyntaxNode): StatementEffect[] {
  const definition = nodeOf(command['def']);
  const kind = String(command['subtype']);
  const partition = relationName(nodeOf(definition['PartitionCmd'])['name']);
  if (partition !== undefined) {
    const cost = kind === 'AT_AttachPartition' ? 'scan' : 'instant';
    const isConcurrent = nodeOf(definition['PartitionCmd'])['concurrent'] === true;
    return [
      {
        table: partition,
        lock: isConcurrent ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE',
        cost,
      },
    ];
  }
  const parent = relationName(definition['RangeVar']);
  if (kind === 'AT_AddInherit' && parent !== undefined) {
    return [{ table: parent, lock: 'SHARE UPDATE EXCLUSIVE', cost: 'instant' }];
  }
  if (kind === 'AT_AddColumn') return referencedTables(nodeOf(definition['ColumnDef']));
  if (kind === 'AT_AddConstraint') return referencedTables({ constraints: [definition] });
  return [];
}

/** The tables that the foreign keys of a column or a table's definition refer to. */
export function referencedTables(definition: SyntaxNode): StatementEffect[] {
  return nodesOf(definition['constraints'])
    .map((constraint) => nodeOf(constraint['Constraint']))
    .filter(isForeignKey)
    .flatMap((constraint) => relationName(constraint['pktable']) ?? [])
    .map((table) => ({ table, lock: 'SHARE ROW EXCLUSIVE', cost: 'instant' }));
}

function isForeignKey(constraint: unknown): boolean {
  return nodeOf(constraint)['contype'] === 'CONSTR_FOREIGN';
}

/** Table of an object that is named `table.object`, as in DROP TRIGGER. */
export function ownerOfObject(object: unknown): string | undefined {
  const names = nodesOf(nodeOf(nodeOf(object)['List'])['items']).map(textOf);
  return names.at(-2);
}
