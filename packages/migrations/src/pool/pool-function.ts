import { nodeOf, nodesOf, textOf, visitNodes } from '../effects/syntax-tree.ts';
import type { MutableNode } from './mutable-node.ts';
import { poolFunctionBody } from './pool-function-body.ts';
import { refuse, refuseChange } from './pool-refusal.ts';
import type { Rewriting } from './rewriting.ts';

/**
 * Lets a function delete rows as tenants of a pool can. Throws `PoolRefusal` for one that would run with the rights of the tables' owner,
 * or whose text does not fit shared tables.
 */
export async function poolFunction(statement: MutableNode, rewriting: Rewriting): Promise<void> {
  const given = [...nodesOf(statement['options']), ...nodesOf(statement['actions'])];
  const options = given.map((option) => nodeOf(option['DefElem']));
  const isDefiner = options.some(
    ({ defname, arg }) =>
      defname === 'security' && nodeOf(nodeOf(arg)['Boolean'])['boolval'] === true,
  );
  if (isDefiner) {
    refuse(
      "SECURITY DEFINER runs as the tables' owner, and what the function inserts belongs to no tenant; say SECURITY INVOKER",
    );
  }
  const body = options.find(({ defname }) => defname === 'as')?.['arg'];
  const texts = nodesOf(nodeOf(nodeOf(body)['List'])['items']) as readonly MutableNode[];
  checkBody(texts.map(textOf).join('\n'));
  visitNodes(statement['sql_body'], (kind) => {
    if (kind === 'DeleteStmt')
      refuse(
        'write the function with AS and its text in quotes, in which its DELETE can be changed for shared tables',
      );
  });
  for (const text of texts) await changeBody(text, rewriting);
}

/** Changes a text both in the tree and where it stands in the statement. */
async function changeBody(node: MutableNode, { text }: Rewriting): Promise<void> {
  const written = nodeOf(node['String']) as MutableNode;
  const body = textOf(node);
  const changed = await poolFunctionBody(body);
  if (changed === body) return;
  const all = text.bytes.toString();
  const start = all.indexOf(body);
  // A text with quotes in it is written otherwise than it reads.
  if (start === -1 || all.includes(body, start + 1)) refuseChange();
  const place = Buffer.byteLength(all.slice(0, start));
  text.changes.push({ start: place, end: place + Buffer.byteLength(body), text: changed });
  written['sval'] = changed;
}

/** The body is text that only the language of the function understands. */
function checkBody(body: string): void {
  if (/\b(pg_notify\s*\(|notify\s+\w)/i.test(body)) {
    refuse('every tenant of the database hears a notification; write to a table instead');
  }
  if (/\bon\s+conflict\s*\(/i.test(body)) {
    refuse(
      'the key that ON CONFLICT (columns) means begins with the tenant column in shared tables; name it: ON CONFLICT ON CONSTRAINT poll_title_key',
    );
  }
}
