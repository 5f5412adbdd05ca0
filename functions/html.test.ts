import { expect, test } from 'vitest';
import { html } from './html.ts';

test('a value cannot leave its place, in text or in an attribute', () => {
  const value = `"><script>'&`;
  expect(html`<p title="${value}">${value}</p>`.text).toBe(
    '<p title="&quot;&gt;&lt;script&gt;&#39;&amp;">&quot;&gt;&lt;script&gt;&#39;&amp;</p>',
  );
});

test('a piece of HTML in another is not escaped again, alone or in a list', () => {
  const items = ['a', '<b>'].map((item) => html`<i>${item}</i>`);
  expect(html`${items}${html`<b>x</b>`}${7n}`.text).toBe('<i>a</i><i>&lt;b&gt;</i><b>x</b>7');
});

test('a backslash of the page stays one', () => {
  expect(html`a\\b${'\\'}`.text).toBe('a\\b\\');
});
