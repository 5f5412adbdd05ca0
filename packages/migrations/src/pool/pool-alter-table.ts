import { nodeOf, nodesOf, relationName, unwrap, type SyntaxNode } from '../effects/syntax-tree.ts';
import { locationOf, type MutableNode } from './mutable-node.ts';
import { refuseTenantColumn, takeKeys } from './pool-column.ts';
import { poolConstraint } from './pool-constraint.ts';
import { refuse } from './pool-refusal.ts';
import type { Rewriting } from './rewriting.ts';
import { endOfPart, insertText } from './statement-text.ts';

/** One sub-command of ALTER TABLE. */
interface Command {
  readonly node: MutableNode;
  readonly table: string;
  readonly rewriting: Rewriting;
}

/** Changes a sub-command; returns those to follow it. */
type CommandPooler = (command: Command) => readonly unknown[];

/** Sub-commands that leave the walls between tenants as they are. */
const harmless: CommandPooler = ({ node }) => {
  refuseTenantColumn(node['name']);
  return [];
};

const fixedRows: CommandPooler = () =>
  refuse(
    'row-level security keeps tenants apart and is not to be changed; leave the statement out',
  );

const gathersStatistics: CommandPooler = () => refuseStatistics();

const inherits: CommandPooler = () =>
  refuse('INHERITS makes keys that hold for each table by itself; use a partitioned table');

const poolers: Readonly<Record<string, CommandPooler>> = {
  AT_ColumnDefault: harmless,
  AT_DropNotNull: harmless,
  AT_SetNotNull: harmless,
  AT_SetExpression: harmless,
  AT_DropExpression: harmless,
  AT_SetStatistics: gathersStatistics,
  AT_SetOptions: harmless,
  AT_ResetOptions: harmless,
  AT_SetStorage: harmless,
  AT_SetCompression: harmless,
  AT_AlterColumnType: harmless,
  AT_ClusterOn: harmless,
  AT_DropCluster: harmless,
  AT_SetLogged: harmless,
  AT_SetUnLogged: harmless,
  AT_SetAccessMethod: harmless,
  AT_ReplicaIdentity: harmless,
  AT_EnableTrig: harmless,
  AT_EnableAlwaysTrig: harmless,
  AT_DisableTrig: harmless,
  AT_EnableTrigUser: harmless,
  AT_DisableTrigUser: harmless,
  AT_DropIdentity: harmless,
  AT_AddIdentity: harmless,
  AT_SetIdentity: setIdentity,
  AT_AddColumn: addColumn,
  AT_DropColumn: dropColumn,
  AT_AddConstraint: addConstraint,
  AT_DropConstraint: dropConstraint,
  AT_ValidateConstraint: harmless,
  AT_AlterConstraint: harmless,
  AT_SetRelOptions: setOptions,
  AT_ResetRelOptions: setOptions,
  AT_AttachPartition: attachPartition,
  AT_DetachPartition: detachPartition,
  AT_EnableRowSecurity: fixedRows,
  AT_DisableRowSecurity: fixedRows,
  AT_ForceRowSecurity: fixedRows,
  AT_NoForceRowSecurity: fixedRows,
  AT_AddInherit: inherits,
  AT_DropInherit: inherits,
};

const pooledTypes = new Set(['OBJECT_TABLE', 'OBJECT_INDEX', 'OBJECT_VIEW', 'OBJECT_SEQUENCE']);

/** Puts the tenant's column in front of the keys that are added, and refuses what would open the table. */
export function poolAlterTable(statement: MutableNode, rewriting: Rewriting): void {
  const type = String(statement['objtype']);
  // A composite type is changed by the same statement.
  if (type === 'OBJECT_TYPE') return;
  if (!pooledTypes.has(type)) {
    refuse('only tables, views, indexes and sequences can be shared; use one of these');
  }
  const table = relationName(statement['relation']) ?? '';
  const commands = (statement['cmds'] ?? []) as readonly unknown[];
  statement['cmds'] = commands.flatMap((command) => {
    const node = unwrap(command)[1] as MutableNode;
    const pooler = poolers[String(node['subtype'])] ?? unknown;
    return [command, ...pooler({ node, table, rewriting })];
  });
}

const unknown: CommandPooler = () =>
  refuse('this form of ALTER TABLE is not known to keep the rows of tenants apart; use another');

function addColumn({ node, table, rewriting }: Command): readonly unknown[] {
  const column = unwrap(node['def'])[1] as MutableNode;
  const { objects, text } = rewriting;
  const end = endOfPart(text, locationOf(column));
  const keys = takeKeys(column, table, rewriting);
  objects.addColumn(table);
  if (keys.length > 0 && node['missing_ok'] === true) {
    refuse('IF NOT EXISTS cannot say whether the key is there too; leave it out');
  }
  for (const key of keys) insertText(text, end, `, add ${key.text}`);
  return keys.map(({ node: def }) => ({
    AlterTableCmd: { subtype: 'AT_AddConstraint', def, behavior: 'DROP_RESTRICT' },
  }));
}

function dropColumn({ node, table, rewriting }: Command): readonly unknown[] {
  refuseTenantColumn(node['name']);
  rewriting.objects.removeColumn(table, String(node['name']));
  return [];
}

function addConstraint({ node, table, rewriting }: Command): readonly unknown[] {
  const constraint = unwrap(node['def'])[1] as MutableNode;
  poolConstraint(constraint, table, rewriting);
  return [];
}

function dropConstraint({ node, table, rewriting }: Command): readonly unknown[] {
  rewriting.objects.removeConstraint(table, String(node['name']));
  return [];
}

function setIdentity({ node }: Command): readonly unknown[] {
  refuseRestart(optionsOf(node));
  return [];
}

function optionsOf(node: MutableNode): SyntaxNode[] {
  const items = nodesOf(nodeOf(nodeOf(node['def'])['List'])['items']);
  return items.map((item) => nodeOf(item['DefElem']));
}

/** Throws `PoolRefusal` where a sequence would be set back for all tenants. */
export function refuseRestart(options: readonly SyntaxNode[]): void {
  if (!options.some(({ defname }) => defname === 'restart')) return;
  refuse(
    'the sequence is shared by all tenants and others may have numbers beyond; leave RESTART out, or give the rows numbers of their own',
  );
}

/** Throws `PoolRefusal`: what the planner knows of all rows, it tells everybody. */
export function refuseStatistics(): never {
  refuse(
    "the planner's statistics hold values of all tenants, and EXPLAIN tells of them; shared tables have none, leave the statement out",
  );
}

function setOptions({ node }: Command): readonly unknown[] {
  if (optionsOf(node).some(({ defname }) => defname === 'security_invoker')) {
    refuse(
      "views read shared tables with the rights of whoever asks (security_invoker), else they show all tenants' rows; leave the statement out",
    );
  }
  return [];
}

function attachPartition({ node, table, rewriting }: Command): readonly unknown[] {
  const name = relationName(nodeOf(nodeOf(node['def'])['PartitionCmd'])['name']);
  if (name === undefined) return [];
  const { objects } = rewriting;
  if (objects.hasForeignKey(table)) {
    refuse(
      'the foreign keys of the table would come to hold for rows that nobody has held against them; create the table as PARTITION OF, then INSERT … SELECT',
    );
  }
  objects.addPartition(name, table);
  return [];
}

function detachPartition({ node, rewriting }: Command): readonly unknown[] {
  const name = relationName(nodeOf(nodeOf(node['def'])['PartitionCmd'])['name']);
  if (name !== undefined) rewriting.objects.detachPartition(name);
  return [];
}
