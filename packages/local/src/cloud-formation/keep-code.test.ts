import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Template } from '../assembly/template.ts';
import { createKeptCode } from './keep-code.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kept-code-'));
  for (const asset of ['one', 'two']) {
    mkdirSync(join(dir, 'cdk.out', asset), { recursive: true });
    writeFileSync(join(dir, 'cdk.out', asset, 'index.mjs'), asset);
  }
});

afterEach(() => {
  rmSync(dir, { recursive: true });
});

function templateOf(...assets: string[]): Template {
  const functions = assets.map((asset) => [
    `Function${asset}`,
    { Type: 'AWS::Lambda::Function', Properties: { Code: { S3Key: `${asset}.zip` } } },
  ]);
  return { Resources: Object.fromEntries(functions) as Template['Resources'] };
}

function openKeptCode(...assets: string[]) {
  const published = assets.map((asset) => [asset, join(dir, 'cdk.out', asset)] as const);
  return createKeptCode(join(dir, 'kept'), new Map(published));
}

test('code that stacks need is kept when the assembly has it no more, and that of nobody goes', async () => {
  await openKeptCode('one', 'two').keep(templateOf('one', 'two'));
  rmSync(join(dir, 'cdk.out'), { recursive: true });
  const next = openKeptCode();
  await next.sweep([templateOf('two')]);
  expect(readdirSync(join(dir, 'kept'))).toEqual(['two']);
  const kept = await next.keep(templateOf('one', 'two'));
  expect([...kept.keys()]).toEqual(['two']);
  expect(readFileSync(join(kept.get('two') ?? '', 'index.mjs'), 'utf8')).toBe('two');
});

test('stacks that need the same code at once have one copy', async () => {
  const code = openKeptCode('one');
  const kept = await Promise.all(Array.from({ length: 5 }, () => code.keep(templateOf('one'))));
  expect(new Set(kept.map((paths) => paths.get('one')))).toEqual(
    new Set([join(dir, 'kept', 'one')]),
  );
  expect(readdirSync(join(dir, 'kept'))).toEqual(['one']);
});
