import { nodeOf, relationName, unwrap } from '../effects/syntax-tree.ts';
import { quoteName } from '../quote-name.ts';
import { locationOf, type MutableNode } from './mutable-node.ts';
import { takeKeys } from './pool-column.ts';
import { poolConstraint } from './pool-constraint.ts';
import { refuse } from './pool-refusal.ts';
import { parseTableElements, secureTable, sharedColumnsText, type Rewriting } from './rewriting.ts';
import { endOfPart, insertText, tokenFrom } from './statement-text.ts';

/** Gives a new table the platform's columns, last, and puts the tenant's in front of all keys; policies follow. */
export async function poolTable(statement: MutableNode, rewriting: Rewriting): Promise<void> {
  refuseTable(statement);
  const { objects, after } = rewriting;
  const table = relationName(statement['relation']) ?? '';
  objects.addRelation(table);
  const parent = parentOf(statement);
  if (parent !== undefined) objects.addPartition(table, parent);
  statement['tableElts'] = poolElements(statement, table, rewriting);
  if (parent === undefined) await addSharedColumns(statement, rewriting);
  if ((statement['tableElts'] as unknown[]).length === 0) delete statement['tableElts'];
  const policies = ['tenant_rows', 'new_tenants'].map(
    (policy) => `drop policy if exists ${policy} on ${quoteName(table)}`,
  );
  // The table may be there, and then has them.
  if (statement['if_not_exists'] === true) after.push(...policies);
  after.push(...secureTable(table));
}

function parentOf(statement: MutableNode): string | undefined {
  const isPartition = 'partbound' in statement;
  const [parent] = (statement['inhRelations'] ?? []) as unknown[];
  return isPartition ? relationName(unwrap(parent)[1]) : undefined;
}

function refuseTable(statement: MutableNode): void {
  if (nodeOf(statement['relation'])['relpersistence'] === 't') {
    refuse(
      'a temporary table would hold the rows of the migration itself, for each tenant anew; use WITH queries or a table that is dropped at the end',
    );
  }
  if ('ofTypename' in statement) {
    refuse('a table OF a type cannot have the tenant column; write its columns out');
  }
  if ('inhRelations' in statement && !('partbound' in statement)) {
    refuse('INHERITS makes keys that hold for each table by itself; write the columns out');
  }
}

/** The table's columns without their keys, each followed by these, and its constraints. */
function poolElements(statement: MutableNode, table: string, rewriting: Rewriting): unknown[] {
  const { text } = rewriting;
  return ((statement['tableElts'] ?? []) as unknown[]).flatMap((element) => {
    const [kind, node] = unwrap(element) as readonly [string, MutableNode];
    if (kind === 'TableLikeClause') {
      refuse('LIKE copies keys as they are in the other table; write the columns out');
    }
    if (kind === 'Constraint') poolConstraint(node, table, rewriting);
    if (kind !== 'ColumnDef') return [element];
    const end = endOfPart(text, locationOf(node));
    const taken = takeKeys(node, table, rewriting);
    for (const key of taken) insertText(text, end, `, ${key.text}`);
    return [element, ...taken.map((key) => key.node)];
  });
}

async function addSharedColumns(statement: MutableNode, { text }: Rewriting): Promise<void> {
  const elements = statement['tableElts'] as unknown[];
  const opening = tokenFrom(text, locationOf(statement['relation']), '(');
  const separator = elements.length === 0 ? '' : ', ';
  insertText(text, endOfElements(text, opening.end), separator + sharedColumnsText);
  elements.push(...(await parseTableElements(sharedColumnsText)));
}

/** Behind the last of the elements that begin at a position. */
function endOfElements(text: Rewriting['text'], position: number): number {
  let end = endOfPart(text, position);
  for (;;) {
    const next = tokenFrom(text, end);
    if (next.text !== ',') return end;
    end = endOfPart(text, next.end);
  }
}
