import { refuse } from './pool-refusal.ts';
import { deletedColumn } from './rewriting.ts';
import { changedText, scanStatement, type StatementText, type Token } from './statement-text.ts';

/**
 * The text of a function as it deletes rows of shared tables, on which no tenant has the right to DELETE: by marking them. Throws
 * `PoolRefusal` where it deletes in a way that cannot be found with certainty.
 */
export async function poolFunctionBody(body: string): Promise<string> {
  if (!/\bdelete\b/i.test(body)) return body;
  const text = await scanBody(body);
  const { tokens, changes } = text;
  tokens.forEach((token, index) => {
    if (token.text === 'delete' && tokens[index + 1]?.text === 'from') markDeleted(text, index);
    else if (token.text === 'delete' && tokens[index - 1]?.text === 'then') refuseDeletion();
    else if (/^(e|u&)?['$]/.test(token.text) && /\bdelete\s+from\b/.test(token.text))
      refuseDeletion();
  });
  return changes.length === 0 ? body : changedText(text);
}

async function scanBody(body: string): Promise<StatementText> {
  try {
    return await scanStatement(body);
  } catch {
    return refuseDeletion();
  }
}

/** What ends the table of a DELETE with its alias. */
const ends = new Set(['using', 'where', 'returning', ';', ')']);

/** Makes `delete from poll p using choice c where …` an `update poll p set … from choice c where …`. */
function markDeleted({ bytes, tokens, changes }: StatementText, index: number): void {
  const [first, from] = [tokens[index], tokens[index + 1]] as [Token, Token];
  const end = tokens.findIndex(({ text }, at) => at > index + 1 && ends.has(text));
  const last = end === -1 ? tokens.at(-1) : tokens[end - 1];
  changes.push({ start: first.start, end: from.end, text: 'update' });
  const at = last?.end ?? bytes.length;
  changes.push({ start: at, end: at, text: ` set ${deletedColumn} = true` });
  const next = tokens[end];
  if (next?.text === 'using') changes.push({ start: next.start, end: next.end, text: 'from' });
}

function refuseDeletion(): never {
  refuse(
    'no tenant of a pool may DELETE in a whole table, with which it could lock it for all; write DELETE FROM as a statement of its own in the function, in no text and no MERGE',
  );
}
