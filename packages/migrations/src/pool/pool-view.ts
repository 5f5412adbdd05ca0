import { nodeOf, nodesOf, relationName, textOf } from '../effects/syntax-tree.ts';
import { locationOf, listIn, parseTree, type MutableNode } from './mutable-node.ts';
import { refuse } from './pool-refusal.ts';
import type { Rewriting } from './rewriting.ts';
import { starTables } from './star-tables.ts';
import { insertText, tokenFrom } from './statement-text.ts';

/** Lets a view read with the rights of whoever asks, so that it shows what the tables show. */
export async function poolView(statement: MutableNode, rewriting: Rewriting): Promise<void> {
  const { objects, text } = rewriting;
  if (nodeOf(statement['view'])['relpersistence'] === 't') {
    refuse('a temporary view is gone when the migration ends; use a WITH query');
  }
  objects.addRelation(relationName(statement['view']) ?? '');
  if (starTables(statement['query'], statement).length > 1) {
    refuse(
      'every shared table has the tenant column, so * would name it twice in the view; name its columns',
    );
  }
  const given = nodesOf(statement['options'])
    .map((option) => nodeOf(option['DefElem']))
    .find(({ defname }) => defname === 'security_invoker');
  if (given !== undefined) return refuseDefiner(given);
  const option = 'security_invoker = true';
  const hasOptions = 'options' in statement;
  const name = tokenFrom(text, locationOf(statement['view']));
  const body = tokenFrom(text, name.end, 'as');
  if (hasOptions) {
    const list = tokenFrom(text, tokenFrom(text, name.end, 'with').end, '(');
    insertText(text, list.end, `${option}, `);
  } else {
    insertText(text, body.start, `with (${option}) `);
  }
  const sample = (await parseTree(`create view v with (${option}) as select`))['ViewStmt'];
  listIn(statement, 'options').unshift(...((sample as MutableNode)['options'] as unknown[]));
}

/** Throws `PoolRefusal` for a view that says it does not read with the rights of whoever asks. */
function refuseDefiner({ arg }: MutableNode): void {
  const value = textOf(arg).toLowerCase();
  if (arg === undefined || ['true', 'on', '1', 'yes'].includes(value)) return;
  refuse(
    "a view that reads with its owner's rights shows the rows of all tenants; leave security_invoker out",
  );
}
