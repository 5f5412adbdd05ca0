import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readTemplate } from './read-template.ts';

test.each([
  'https://s3.eu-central-1.amazonaws.com/assets-1-eu-central-1/abc.json',
  'https://s3-eu-central-1.amazonaws.com/assets/abc.json',
  'https://assets-1-eu-central-1.s3.eu-central-1.amazonaws.com/abc.json',
])('a template is found at %s', (url) => {
  const dir = mkdtempSync(join(tmpdir(), 'template-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'asset.abc.json');
  writeFileSync(file, '{"Resources":{}}');
  expect(readTemplate(url, new Map([['abc', file]]))).toEqual({ Resources: {} });
});

test.each([
  'http://s3.eu-central-1.amazonaws.com/assets/abc.json',
  'https://s3.eu-central-1.amazonaws.com.evil.com/assets/abc.json',
  'https://s3.eu-central-1.amazonaws.com/abc.json',
  'https://evil.com/s3.eu-central-1.amazonaws.com/assets/abc.json',
  '',
])('%s is no address in S3', (url) => {
  expect(() => readTemplate(url, new Map([['abc', 'file']]))).toThrow(
    'TemplateURL must be a supported URL.',
  );
});
