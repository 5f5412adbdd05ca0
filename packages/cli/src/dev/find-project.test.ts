import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { exitCodes } from '../exit-codes.ts';
import { getProjectRoot } from './find-project.ts';

test('a project is found from any folder inside of it', () => {
  expect(getProjectRoot(import.meta.dirname)).toBe(join(import.meta.dirname, '../../../..'));
});

test('outside of a project the advice is to change into one', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tenantry-dev-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));

  expect(() => getProjectRoot(dir)).toThrow(
    expect.objectContaining({ code: 'PROJECT_NOT_FOUND', exitCode: exitCodes.failed }),
  );
});
