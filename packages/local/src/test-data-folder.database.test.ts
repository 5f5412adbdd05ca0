import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { copyDataFolder, startLocal, type LocalRuntime } from './index.ts';
import { writeTestAssembly } from './test-assembly.ts';

/** An assembly, and how to run it on a data folder beside it. */
function openPlace() {
  const dir = mkdtempSync(join(tmpdir(), 'local-copy-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const assemblyDir = join(dir, 'cdk.out');
  const start = async (dataDir: string) =>
    await startLocal({ assemblyDir, dataDir, port: 0, durable: false });
  return { assemblyDir, first: join(dir, 'first'), copy: join(dir, 'copy'), start };
}

async function deploysOf({ postgres }: LocalRuntime): Promise<string[]> {
  const { host, port, admin } = postgres;
  const client = new Client({ host, port, ...admin });
  await client.connect();
  const { rows } = await client.query<{ hash: string }>('select hash from deploys order by hash');
  await client.end();
  return rows.map(({ hash }) => hash);
}

test('a copy begins with what was deployed, and what is deployed to it does not reach the original', async () => {
  const { assemblyDir, first, copy, start } = openPlace();
  writeTestAssembly(assemblyDir, { hash: 'one' });
  await (await start(first)).close();
  await copyDataFolder(first, copy);
  writeTestAssembly(assemblyDir, { hash: 'two' });
  const copied = await start(copy);
  expect(await deploysOf(copied)).toEqual(['one', 'two']);
  await copied.close();
  writeTestAssembly(assemblyDir, { hash: 'one' });
  const original = await start(first);
  expect(await deploysOf(original)).toEqual(['one']);
  await original.close();
});

test('the data of a system that runs is not copied, nor what is no data folder', async () => {
  const { assemblyDir, first, copy, start } = openPlace();
  writeTestAssembly(assemblyDir);
  const running = await start(first);
  await expect(copyDataFolder(first, copy)).rejects.toMatchObject({ code: 'LOCAL_DATA_LOCKED' });
  await running.close();
  await expect(copyDataFolder(assemblyDir, copy)).rejects.toThrow(/no finished cluster/);
});
