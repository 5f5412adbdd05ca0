import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { exitCodes } from './exit-codes.ts';

const bin = join(import.meta.dirname, '../bin/tenantry.mjs');

/** Runs the real program with standard input closed, in a folder without a running system. */
function run(commandLine: string): { status: number | null; stdout: string; stderr: string } {
  const cwd = mkdtempSync(join(tmpdir(), 'tenantry-main-'));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  const { CI: _, TENANTRY_STAGE: __, TENANTRY_DATA: ___, ...env } = process.env;
  return spawnSync(process.execPath, [bin, ...commandLine.split(' ')], {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

test.each([
  ['--help', exitCodes.ok],
  ['tenant list', exitCodes.failed],
  ['tenant list --json', exitCodes.failed],
  ['tenant show acme', exitCodes.failed],
  ['tenant delete acme', exitCodes.failed],
  ['tenant suspend acme --reason unpaid', exitCodes.failed],
  ['tenant resume acme', exitCodes.failed],
  ['migrate status', exitCodes.failed],
  ['tenant create', exitCodes.inputNeeded],
  ['tenant create acme --name ACME', exitCodes.inputNeeded],
  ['migrate up', exitCodes.usage],
  ['migrate up --all', exitCodes.inputNeeded],
  ['migrate up --all --yes', exitCodes.failed],
  ['migrate up acme', exitCodes.failed],
  ['migrate up --from-file -', exitCodes.usage],
  ['migrate down acme', exitCodes.usage],
  ['migrate down acme --steps 1', exitCodes.inputNeeded],
  ['migrate retry run1', exitCodes.failed],
  ['migrate undo run1', exitCodes.inputNeeded],
  ['migrate mark acme polls/0001_initial', exitCodes.usage],
  ['migrate baseline acme', exitCodes.usage],
  ['migrate history acme', exitCodes.failed],
  ['migrate check --all', exitCodes.failed],
  ['migrate lint', exitCodes.failed],
  ['migrate new tags', exitCodes.failed],
  ['targets', exitCodes.usage],
  ['targets --all', exitCodes.failed],
  ['runs list', exitCodes.failed],
  ['runs show run1', exitCodes.failed],
  ['runs watch run1', exitCodes.failed],
  ['runs pause run1', exitCodes.failed],
  ['runs resume run1', exitCodes.failed],
  ['runs cancel run1', exitCodes.failed],
  ['run', exitCodes.usage],
  ['run ./script.ts --all', exitCodes.inputNeeded],
  ['run acme -- true', exitCodes.failed],
  ['admin create acme', exitCodes.inputNeeded],
  ['admin create acme --name chief --password-stdin', exitCodes.failed],
  ['help --json', exitCodes.ok],
  ['tenant', exitCodes.usage],
  ['nonsense', exitCodes.usage],
  ['dev', exitCodes.failed],
  ['types', exitCodes.failed],
  ['types --check', exitCodes.failed],
])('with standard input closed, "%s" ends with %i', (commandLine, status) => {
  expect(run(commandLine).status).toBe(status);
});

test('no running system: told to run npm start, as a sentence and as JSON', () => {
  const plain = run('tenant list');
  const json = run('tenant list --json');

  expect(plain.stdout + json.stdout).toBe('');
  expect(plain.stderr).toContain('✕ SYSTEM_NOT_RUNNING  No running system found');
  expect(plain.stderr).toContain('do       npm start');
  expect(JSON.parse(json.stderr)).toMatchObject({
    v: 1,
    error: { code: 'SYSTEM_NOT_RUNNING', next: expect.arrayContaining(['npm start']) },
  });
});
