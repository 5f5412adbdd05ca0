import { DataApiLimitError } from '@tenantry/tenancy';

/** First words of statements that leave nothing behind in the session. */
const sessionless: ReadonlySet<string> = new Set(
  (
    'select insert update delete merge with values table create alter drop truncate comment grant revoke reassign refresh reindex ' +
    'analyze analyse vacuum cluster explain show call do notify import security checkpoint'
  ).split(' '),
);

/** First words of statements that last as long as the transaction they are in. */
const ofTransaction =
  /^(savepoint|release|lock|rollback\s+to|set\s+(local|transaction|constraints))\b/i;

const blanksAndComments = /(?:\s+|--[^\n]*|\/\*[\s\S]*?\*\/|\()*/y;
const firstWord = /[a-z]+/iy;

const literals = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\//g;

const sessionLock = /\bpg_(?:try_)?advisory_(?:un)?lock(?:_shared|_all)?\s*\(/i;
const temporary =
  /^\s*create\s+(?:or\s+replace\s+)?(?:(?:local|global)\s+)?temp(?:orary)?\b|\binto\s+(?:(?:local|global)\s+)?temp(?:orary)?\b|\bpg_temp\s*\./i;
const sessionSetting = /\bset_config\s*\([^()]*,\s*(?:false|'f(?:alse)?'|'off'|'0')\s*\)/i;

/**
 * Lets pass what works on a session that the next statement may not get. Throws `DataApiLimitError` for the rest: session settings,
 * LISTEN, prepared statements, cursors, COPY, transaction commands, session locks, temporary tables.
 */
export function refuseSessionStatement(sql: string, isInTransaction: boolean): void {
  blanksAndComments.lastIndex = 0;
  blanksAndComments.test(sql);
  const start = blanksAndComments.lastIndex;
  firstWord.lastIndex = start;
  const word = firstWord.exec(sql)?.[0].toLowerCase();
  // PostgreSQL itself says best what is wrong with a text that does not begin with a word.
  if (word === undefined) return;
  if (sessionless.has(word)) refuseSessionCalls(sql, word);
  else if (!(isInTransaction && ofTransaction.test(sql.slice(start)))) throw refuseCommand(word);
}

function refuseSessionCalls(sql: string, word: string): void {
  if (!/advisory|temp|set_config/i.test(sql) || word === 'do') return;
  // What a literal says is no call; the settings' last argument may be one.
  if (/set_config/i.test(sql) && sessionSetting.test(sql)) throw refusals.setting('set_config');
  const bare = sql.replaceAll(literals, ' ');
  if (sessionLock.test(bare)) throw refusals.lock();
  if (temporary.test(bare)) throw refusals.temporary();
}

const refusals = {
  setting: (what: string) =>
    refuse(what, 'sets something for a session that the next statement may not get', {
      next: 'use set local, or set_config(name, value, true), inside of a transaction',
    }),
  lock: () =>
    refuse('a session lock', 'stays on a session that nobody can unlock it on', {
      next: 'use pg_advisory_xact_lock inside of a transaction',
    }),
  temporary: () =>
    refuse('a temporary table', 'stays on a session that the next statement may not get', {
      next: 'use a common table expression (with), or a table of your own',
    }),
};

function refuseCommand(word: string): DataApiLimitError {
  if (word === 'set' || word === 'reset') return refusals.setting(word);
  if (/^(begin|start|commit|end|rollback|abort|savepoint|release|lock)$/.test(word)) {
    return refuse(word, 'is a command of transactions, which the Data API begins and ends itself', {
      next: 'use db.transaction().execute(work)',
    });
  }
  const next =
    word === 'declare' || word === 'fetch'
      ? 'page with limit and a condition on the last key'
      : 'write it as select, insert, update, delete or a command that defines something';
  return refuse(word, 'needs a session of its own', { next });
}

function refuse(what: string, reason: string, { next }: { next: string }): DataApiLimitError {
  return new DataApiLimitError(`${what} ${reason}`, { next });
}
