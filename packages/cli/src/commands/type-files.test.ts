import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { compareTypeFile, writeTypeFile, type TypeFile } from './type-files.ts';

const path = 'generated/tenant-tables.gen.ts';
const text = 'one\ntwo\nthree\n';
let wanted: TypeFile;

beforeEach(() => {
  const root = mkdtempSync(join(tmpdir(), 'tenantry-types-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  wanted = { path, file: join(root, path), text };
});

test('a missing file is written with its folder, and then unchanged', () => {
  expect(writeTypeFile(wanted)).toEqual({ path, status: 'written' });
  expect(readFileSync(wanted.file, 'utf8')).toBe(text);
  expect(compareTypeFile(wanted)).toEqual({ path, status: 'unchanged' });
});

test('a file that is as it should be is left alone', () => {
  writeTypeFile(wanted);
  utimesSync(wanted.file, 1, 1);

  expect(writeTypeFile(wanted)).toEqual({ path, status: 'unchanged' });
  expect(statSync(wanted.file).mtimeMs).toBe(1000);
});

test.each([
  ['another line', 'one\n2\nthree\n', { line: 2, expected: 'two', found: '2' }],
  ['a line too few', 'one\ntwo\n', { line: 3, expected: 'three', found: '' }],
  ['a line too many', 'one\ntwo\nthree\nfour\n', { line: 4, expected: '', found: 'four' }],
  ['no line end', 'one\ntwo\nthree', { line: 4, expected: '', found: null }],
  ['other line ends', 'one\r\ntwo\r\nthree\r\n', { line: 1, expected: 'one', found: 'one\r' }],
  ['nothing in it', '', { line: 1, expected: 'one', found: '' }],
])('a file with %s is outdated from its first differing line on', (_, found, difference) => {
  writeTypeFile(wanted);
  writeFileSync(wanted.file, found);

  expect(compareTypeFile(wanted)).toEqual({ path, status: 'outdated', ...difference });
  expect(readFileSync(wanted.file, 'utf8')).toBe(found);
});

test('a missing file differs from its first line on', () => {
  expect(compareTypeFile(wanted)).toEqual({
    path,
    status: 'missing',
    line: 1,
    expected: 'one',
    found: null,
  });
});
