import { expect, test } from 'vitest';
import { createClosingStack } from './closing-stack.ts';

test('what was opened last is closed first, once', async () => {
  const closed: string[] = [];
  const closing = createClosingStack(1000);
  for (const name of ['first', 'second']) {
    closing.push(name, () => {
      closed.push(name);
    });
  }
  await Promise.all([closing.close(), closing.close()]);
  expect(closed).toEqual(['second', 'first']);
});

test('a failure and a part that never ends do not keep the others open, and are told', async () => {
  let isClosed = false;
  const closing = createClosingStack(10);
  closing.push('first', () => {
    isClosed = true;
  });
  closing.push('stuck', () => new Promise(() => undefined));
  closing.push('broken', () => Promise.reject(new Error('no')));
  await expect(closing.close()).rejects.toThrow(
    'broken could not be closed: no; stuck could not be closed: it did not end within 0.01 s',
  );
  expect(isClosed).toBe(true);
});
