import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from './load-config.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tenantry-config-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
});

function write(text: string): void {
  writeFileSync(join(root, 'tenantry.config.ts'), text);
}

test('the configuration is found from any folder inside of the project', async () => {
  write(`export default { migrations: ['migrations'], types: 'generated' };`);
  const folder = join(root, 'src/deep');
  mkdirSync(folder, { recursive: true });

  expect(await loadConfig(folder)).toEqual({
    root,
    config: { migrations: ['migrations'], types: 'generated' },
  });
});

test('outside of a project the advice is to change into one', async () => {
  await expect(loadConfig(root)).rejects.toMatchObject({
    code: 'PROJECT_NOT_FOUND',
    next: ['change into the folder of your project, then run the command again'],
  });
});

test.each([
  ['no default export', 'export const config = {};', 'default'],
  ['a missing field', `export default { migrations: ['migrations'] };`, 'default.types'],
  [
    'an unknown field',
    `export default { migrations: ['m'], types: 't', typos: 1 };`,
    'Unrecognized key: "typos"',
  ],
  ['no folder', `export default { migrations: [], types: 't' };`, 'default.migrations'],
  ['an error of its own', `throw new Error('broken');`, 'broken'],
])('%s makes it unusable, and the reason is told', async (_, text, why) => {
  write(text);

  await expect(loadConfig(root)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    where: join(root, 'tenantry.config.ts'),
    why: expect.stringContaining(why),
  });
});
