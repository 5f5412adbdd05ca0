import { expect, test } from 'vitest';
import { createPasswordVerifier, isPasswordOf } from './password-verifier.ts';

test('a verifier knows its password and no other, and does not hold it', async () => {
  const verifier = await createPasswordVerifier('correct horse');
  expect(verifier).toMatch(/^scrypt\$16384\$8\$5\$[\w-]{22}\$[\w-]{43}$/);
  expect(await isPasswordOf('correct horse', verifier)).toBe(true);
  expect(await isPasswordOf('correct horsf', verifier)).toBe(false);
  expect(await createPasswordVerifier('correct horse')).not.toBe(verifier);
});

test('a verifier made with other parameters is still understood', async () => {
  const salt = 'AAAAAAAAAAAAAAAAAAAAAA';
  // scryptSync('tea', 16 zero bytes, 32, { N: 1024, r: 4, p: 1 })
  const verifier = `scrypt$1024$4$1$${salt}$P1YZrwUgsQK_c5Wa5C892qrAfmVsDUcMCe20bFZ4LL8`;
  expect(await isPasswordOf('tea', verifier)).toBe(true);
  expect(await isPasswordOf('coffee', verifier)).toBe(false);
});

test('without a verifier no password is right, not even the one of the verifier that is worked on instead', async () => {
  expect(await isPasswordOf('', undefined)).toBe(false);
  expect(await isPasswordOf('correct horse', undefined)).toBe(false);
});

test('a text that is no verifier is a mistake, not a wrong password', async () => {
  await expect(isPasswordOf('tea', 'tea')).rejects.toThrow(TypeError);
});
