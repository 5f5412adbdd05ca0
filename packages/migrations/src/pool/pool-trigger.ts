import { relationName } from '../effects/syntax-tree.ts';
import { locationOf, parseTree, type MutableNode } from './mutable-node.ts';
import { refuseTrigger } from './pool-constraint.ts';
import { deletedColumn, type Rewriting } from './rewriting.ts';
import { endOfPart, insertText, tokenFrom } from './statement-text.ts';

/** PostgreSQL's bits for what a trigger fires on, and for one that acts instead. */
const [firesOnDelete, firesOnUpdate, actsInstead] = [8, 16, 64];

/**
 * Remembers a trigger, and keeps one that is for changed rows, and not for deleted ones, from those that are marked to be deleted. Throws
 * `PoolRefusal` where a foreign key would fire it as the owner of all rows.
 */
export async function poolTrigger(statement: MutableNode, rewriting: Rewriting): Promise<void> {
  const events = Number(statement['events']);
  if ((events & (firesOnDelete | firesOnUpdate)) === 0) return;
  const { objects } = rewriting;
  const table = relationName(statement['relation']) ?? '';
  const name = String(statement['trigname']);
  const cascade = objects.findCascade(table);
  if (cascade !== undefined) refuseTrigger(name, cascade);
  objects.addTrigger(name, table);
  if (isForChangedRows(statement, events)) await leaveOutMarked(statement, rewriting);
}

/** A condition of a trigger that is for deleted rows, too, can read none that is marked: they have no new values. */
function isForChangedRows(statement: MutableNode, events: number): boolean {
  return (
    statement['row'] === true &&
    !('columns' in statement) &&
    (events & firesOnUpdate) !== 0 &&
    (events & firesOnDelete) === 0 &&
    statement['timing'] !== actsInstead
  );
}

const condition = `new.${deletedColumn} is not true`;

async function leaveOutMarked(statement: MutableNode, { text }: Rewriting): Promise<void> {
  const sample = await parseTree(
    `create trigger t before update on t for each row when (${condition} and (true)) execute function f()`,
  );
  const both = (sample['CreateTrigStmt'] as MutableNode)['whenClause'] as MutableNode;
  const { args } = both['BoolExpr'] as { args: unknown[] };
  const relation = tokenFrom(text, locationOf(statement['relation']));
  if (!('whenClause' in statement)) {
    const execute = tokenFrom(text, relation.end, 'execute');
    insertText(text, execute.start, `when (${condition}) `);
    [statement['whenClause']] = args;
    return;
  }
  const opening = tokenFrom(text, tokenFrom(text, relation.end, 'when').end, '(');
  insertText(text, opening.end, `${condition} and (`);
  insertText(text, endOfPart(text, opening.end), ')');
  args[1] = statement['whenClause'];
  statement['whenClause'] = both;
}
