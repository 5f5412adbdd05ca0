import { expect, test } from 'vitest';
import { createCredentialsCache } from './credentials-cache.ts';

/** A store of secrets whose passwords count up, and which counts its readers. */
function openStore() {
  const state = { reads: 0, version: 1, isDown: false };
  const read = async (secretArn: string) => {
    state.reads += 1;
    const { version } = state;
    await Promise.resolve();
    if (state.isDown) throw new Error('down');
    return { username: secretArn, password: `password-${version}` };
  };
  return { state, read };
}

test('a secret is read once, however many want it at the same time', async () => {
  const { state, read } = openStore();
  const cache = createCredentialsCache(read);
  await Promise.all(Array.from({ length: 50 }, () => cache.get('arn:one')));
  await cache.get('arn:one');
  expect(state.reads).toBe(1);
});

test('a refused login is read again once, however many were refused', async () => {
  const { state, read } = openStore();
  const cache = createCredentialsCache(read);
  const old = await cache.get('arn:one');
  state.version = 2;
  const fresh = await Promise.all(Array.from({ length: 50 }, () => cache.refetch('arn:one', old)));
  expect(new Set(fresh.map(({ password }) => password))).toEqual(new Set(['password-2']));
  expect((await cache.refetch('arn:one', old)).password).toBe('password-2');
  expect(state.reads).toBe(2);
});

test('a store that fails is asked again the next time', async () => {
  const { state, read } = openStore();
  const cache = createCredentialsCache(read);
  state.isDown = true;
  await expect(cache.get('arn:one')).rejects.toThrow('down');
  state.isDown = false;
  expect((await cache.get('arn:one')).username).toBe('arn:one');
});

test('no more secrets are remembered than allowed, the least recently used leave first', async () => {
  const { state, read } = openStore();
  const cache = createCredentialsCache(read, { maxSecrets: 2 });
  for (const arn of ['one', 'two', 'one', 'three', 'one', 'two']) await cache.get(arn);
  expect(state.reads).toBe(4);
});
