import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TargetsView } from '@tenantry/tenancy';
import { expect, onTestFinished, test } from 'vitest';
import { exitCodes } from './exit-codes.ts';
import { runAgainst, type FakeSystemOptions } from './testing/fake-system.ts';

const nobody: TargetsView = { targets: [], total: 0, leftOut: [] };

/** The selector that `tenantry targets` sends for these words. */
async function selectorOf(words: string, options: FakeSystemOptions = {}): Promise<unknown> {
  const answers = { 'list-targets': () => nobody };
  const { calls } = await runAgainst({ answers, ...options }, `targets ${words} --json`);
  return (calls[0]?.input as { readonly selector: unknown } | undefined)?.selector;
}

function listOfTenants(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tenantry-list-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'tenants.txt');
  writeFileSync(file, text);
  return file;
}

test.each([
  ['acme globex acme', { tenants: ['acme', 'globex'] }],
  ['--all', { all: true }],
  ['--where plan=pro,status=active', { where: { plan: 'pro', status: 'active' } }],
  ['--where note=a=b', { where: { note: 'a=b' } }],
  ['--behind', { behind: true }],
  ['--behind polls/0002_votes', { behind: 'polls/0002_votes' }],
  ['--failed-in run1', { failedIn: 'run1' }],
  ['--sample 5', { sample: 5 }],
  ['--all --exclude acme,globex', { all: true, exclude: ['acme', 'globex'] }],
  ['--all --scope all', { all: true, scopes: ['shared', 'site', 'tenant'] }],
  ['--all --scope tenant', { all: true, scopes: ['tenant'] }],
  ['--scope static', { scopes: ['shared', 'site'] }],
  ['--scope site', { scopes: ['site'] }],
])('"%s" selects %j', async (words, selector) => {
  expect(await selectorOf(words)).toEqual(selector);
});

test('a file names tenants a line each, with comments', async () => {
  const file = listOfTenants('# the brave ones\nacme\n\n  globex # since May\n');

  expect(await selectorOf(`initech --from-file ${file}`)).toEqual({
    tenants: ['initech', 'acme', 'globex'],
  });
});

test('- reads the list from standard input', async () => {
  expect(await selectorOf('--from-file -', { input: 'acme\nglobex' })).toEqual({
    tenants: ['acme', 'globex'],
  });
});

test.each([
  ['an empty list', '# nobody\n', 'NO_TENANTS_SELECTED'],
  ['no file', undefined, 'USAGE'],
])('%s selects nobody and is a usage error', async (_, text, code) => {
  const file = text === undefined ? '/nowhere/tenants.txt' : listOfTenants(text);
  const { exitCode, stderr, calls } = await runAgainst({}, `targets --from-file ${file} --json`);

  expect(exitCode).toBe(exitCodes.usage);
  expect(JSON.parse(stderr)).toMatchObject({ error: { code } });
  expect(calls).toEqual([]);
});

test.each([
  ['--where plan', 'is not KEY=VALUE'],
  ['--sample 0', 'is not a whole number above 0'],
  ['--scope public', 'is not one of shared, site, tenant, static, all'],
  ['--scope all', 'No tenants selected'],
  ['--exclude acme', 'No tenants selected'],
])('"%s" is refused: %s', async (words, reason) => {
  const { exitCode, stderr, calls } = await runAgainst({}, `targets ${words}`);

  expect(exitCode).toBe(exitCodes.usage);
  expect(stderr).toContain(reason);
  expect(calls).toEqual([]);
});

test.each([
  ['--waves 5%,25%', 'end with 100%'],
  ['--waves 25%,5%,100%', 'shares must grow'],
  ['--max-failures many', 'is not a share in percent'],
  ['--concurrency 0', 'is not a whole number from 1 on'],
  ['--pause -1', 'is not a whole number from 0 on'],
  ['--on-error maybe', 'Allowed choices are stop, continue'],
  ['--at yesterday', 'is no time'],
  ['--at 2020-01-01T00:00:00Z', 'is over'],
])('a pace that cannot be is refused: "%s"', async (words, reason) => {
  const { exitCode, stderr, calls } = await runAgainst({}, `migrate up --all --yes ${words}`);

  expect(exitCode).toBe(exitCodes.usage);
  expect(stderr).toContain(reason);
  expect(calls).toEqual([]);
});
