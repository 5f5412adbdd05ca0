import { nodeOf, nodesOf, textOf, type SyntaxNode } from '../effects/syntax-tree.ts';
import { refuse } from './pool-refusal.ts';

/** Throws `PoolRefusal` for a function that would run with the rights of the tables' owner, or whose text does not fit shared tables. */
export function checkFunction(statement: SyntaxNode): void {
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
  checkBody(
    nodesOf(nodeOf(nodeOf(body)['List'])['items'])
      .map(textOf)
      .join('\n'),
  );
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
