import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StackRecord } from './stack-record.ts';
import { openStackStore } from './stack-store.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stack-store-'));
});

afterEach(() => {
  rmSync(dir, { recursive: true });
});

function recordOf(name: string, id: string): StackRecord {
  return {
    v: 1,
    id: `arn:aws:cloudformation:us-east-1:000000000000:stack/${name}/${id}`,
    name,
    status: 'CREATE_IN_PROGRESS',
    createdAt: Date.now(),
    isProtected: false,
    design: { template: { Resources: {} }, parameters: {}, tags: {} },
    secrets: [],
    outputs: {},
    events: [],
  };
}

test('what is changed is there again, with an event for each change', () => {
  const store = openStackStore(dir);
  const record = recordOf('acme', 'one');
  store.change(record, { status: 'CREATE_IN_PROGRESS' });
  store.change(record, { status: 'CREATE_COMPLETE', reason: 'because' });
  const found = openStackStore(dir).find('acme');
  expect(found).toEqual(record);
  expect(found?.events.map(({ status, reason }) => [status, reason])).toEqual([
    ['CREATE_IN_PROGRESS', undefined],
    ['CREATE_COMPLETE', 'because'],
  ]);
});

test('a deleted stack is told about by its ARN for 90 days, and its name is free', () => {
  const days = 24 * 60 * 60 * 1000;
  const store = openStackStore(dir);
  const [old, recent, next] = [
    recordOf('acme', 'old'),
    recordOf('acme', 'recent'),
    recordOf('acme', 'next'),
  ];
  store.save({ ...old, deletedAt: Date.now() - 91 * days });
  store.save({ ...recent, deletedAt: Date.now() - 89 * days });
  expect(store.find('acme')).toBeUndefined();
  store.save(next);
  const again = openStackStore(dir);
  expect(again.find('acme')?.id).toBe(next.id);
  expect(again.find(recent.id)?.id).toBe(recent.id);
  expect(again.find(old.id)).toBeUndefined();
  expect(again.list().map(({ id }) => id)).toEqual([next.id]);
});

test('a damaged record is named', () => {
  const store = openStackStore(dir);
  const record = recordOf('acme', 'one');
  store.save(record);
  const file = join(store.folderOf(record), 'stack.json');
  writeFileSync(file, '{"v":2}');
  expect(() => openStackStore(dir)).toThrow(
    expect.objectContaining({
      code: 'LOCAL_DATA_UNREADABLE',
      message: expect.stringContaining(file) as string,
    }),
  );
});
