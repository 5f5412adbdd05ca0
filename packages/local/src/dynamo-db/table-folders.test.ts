import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTableFolders, type TableFolders } from './table-folders.ts';
import type { LocalTable } from './table-store.ts';

let dir: string;
let folders: TableFolders;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'folders-'));
  folders = createTableFolders();
});

afterEach(async () => {
  await folders.close();
  await rm(dir, { recursive: true, force: true });
});

function table(name: string): LocalTable {
  return {
    name,
    arn: `arn:aws:dynamodb:us-east-1:000000000000:table/${name}`,
    keySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
    attributeDefinitions: [{ AttributeName: 'key', AttributeType: 'S' }],
  };
}

async function read(name: string): Promise<unknown> {
  const store = await folders.open([name]);
  return await store.run('GetItem', { TableName: name, Key: { key: { S: 'k' } } });
}

async function write(name: string): Promise<void> {
  const store = await folders.open([name]);
  await store.run('PutItem', { TableName: name, Item: { key: { S: 'k' } } });
}

test('each folder keeps its own tables, and one that is gone takes nothing from the others', async () => {
  folders.add({ dir: join(dir, 'one'), tables: [table('one')] });
  folders.add({ dir: join(dir, 'two'), tables: [table('two')] });
  await write('one');
  await write('two');
  await folders.remove(join(dir, 'two'));
  expect(() => folders.getTable('two')).toThrow('Requested resource not found');
  expect(await read('one')).toEqual({ Item: { key: { S: 'k' } } });
});

test('a folder that gets another table keeps the items of the first', async () => {
  folders.add({ dir, tables: [table('one')] });
  await write('one');
  folders.add({ dir, tables: [table('one'), table('two')] });
  await write('two');
  expect(await read('one')).toEqual({ Item: { key: { S: 'k' } } });
  expect(folders.getTable(table('two').arn)).toEqual(table('two'));
});

test('a request for no table or for tables of two folders is refused', async () => {
  folders.add({ dir: join(dir, 'one'), tables: [table('one')] });
  folders.add({ dir: join(dir, 'two'), tables: [table('two')] });
  await expect(folders.open([])).rejects.toMatchObject({ name: 'ValidationException' });
  await expect(folders.open(['one', 'two'])).rejects.toMatchObject({
    name: 'ValidationException',
  });
});
