import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { isolationTypes } from '@tenantry/tenancy';

const root = join(import.meta.dirname, '..');
const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs')).map((name) => join('docs', name)),
  'bench/README.md',
];
const read = (page: string) => readFileSync(join(root, page), 'utf8');

/** The anchors of a page, as its headings give them. */
function anchorsOf(page: string): Set<string> {
  const headings = [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => title);
  return new Set(
    headings.map((title) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

test.each(pages)('links of %s lead somewhere', (page) => {
  const links = [...read(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)];
  const broken = links.filter(([, path = '', anchor]) => {
    const target = path === '' ? page : join(dirname(page), path);
    if (!existsSync(join(root, target))) return true;
    return anchor !== undefined && !anchorsOf(target).has(anchor);
  });
  expect(broken.map(([link]) => link)).toEqual([]);
});

test('the page of isolation types explains each, weighs them, and says what none protects from', () => {
  const page = read('docs/isolation.md');
  const sections = new Map(
    page.split(/^## /m).map((text) => [text.slice(0, text.indexOf('\n')), text]),
  );
  const columns = Object.keys(isolationTypes).map((name) => `\`${name}\``);
  for (const column of columns) {
    expect(sections.get(column)).toMatch(/does not protect from|protects not from/i);
    expect(page).toMatch(new RegExp(`^\\| ${column} \\| .{20,} \\|$`, 'm'));
  }
  const table = sections.get('Side by side') ?? '';
  const header = /^\| \| (.*) \|$/m.exec(table)?.[1];
  expect(header?.split(' | ').toSorted()).toEqual(columns.toSorted());
  for (const row of ['what holds the walls', 'a migration', 'most tenants', 'deletion'])
    expect(table).toMatch(new RegExp(`^\\| ${row} (\\| [^|]+ ){${columns.length}}\\|$`, 'm'));
  const measured = sections.get('Measured') ?? '';
  expect(measured).toContain('| isolation | create, p50 ms |');
  for (const column of columns) expect(measured).toMatch(new RegExp(`${column}\\D{1,20}\\d`));
  expect(sections.has('What no type protects from')).toBe(true);
  expect(page).toMatch(/Take `schema` unless you have a reason/);
});
