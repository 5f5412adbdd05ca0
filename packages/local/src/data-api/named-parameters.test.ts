import { expect, test } from 'vitest';
import { parseNamedParameters } from './named-parameters.ts';

test.each<[sql: string, text: string, names: string[]]>([
  ['select :a, :b', 'select $1, $2', ['a', 'b']],
  ['select :a + :b + :a', 'select $1 + $2 + $3', ['a', 'b', 'a']],
  ['select :0, :1_x', 'select $1, $2', ['0', '1_x']],
  ['select :a::text', 'select $1::text', ['a']],
  ['select x::text, y::int', 'select x::text, y::int', []],
  [`select ':a' || :a`, `select ':a' || $1`, ['a']],
  [`select 'it''s :a', :b`, `select 'it''s :a', $1`, ['b']],
  [`select '\\', :a`, `select '\\', $1`, ['a']],
  [`select E'\\':a', :b`, `select E'\\':a', $1`, ['b']],
  [`select name'x', :a`, `select name'x', $1`, ['a']],
  ['select ":a", :a', 'select ":a", $1', ['a']],
  ['select 1 -- :a\n, :b', 'select 1 -- :a\n, $1', ['b']],
  ['select /* :a /* :b */ :c */ :d', 'select /* :a /* :b */ :c */ $1', ['d']],
  ['select $$a$$, :a', 'select $$a$$, $1', ['a']],
  ['select $x$ $$ a::b := $x$, :a', 'select $x$ $$ a::b := $x$, $1', ['a']],
  ['select foo$1$bar, :a', 'select foo$1$bar, $1', ['a']],
  ['select fn(a := :a)', 'select fn(a := $1)', ['a']],
  [`select 'open :a`, `select 'open :a`, []],
  ['select /* open :a', 'select /* open :a', []],
])('%s', (sql, text, names) => {
  expect(parseNamedParameters(sql)).toEqual({ text, names });
});

test.each(['select $$ :a $$', `do $body$ begin x := ':y'; end $body$`, 'select $j${"a":1}$j$'])(
  'a name inside a dollar-quoted text is refused, because Aurora would change the text: %s',
  (sql) => {
    expect(() => parseNamedParameters(sql)).toThrowError(
      expect.objectContaining({ type: 'BadRequestException' }),
    );
  },
);
