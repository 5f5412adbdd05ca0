import { expect, test } from 'vitest';
import { scramVerifier } from './scram-verifier.ts';

test('a verifier has the form that PostgreSQL stores and does not hold the password', async () => {
  const verifier = await scramVerifier('correct horse');
  expect(verifier).toMatch(
    /^SCRAM-SHA-256\$4096:[A-Za-z0-9+/=]{24}\$[A-Za-z0-9+/=]{44}:[A-Za-z0-9+/=]{44}$/,
  );
  expect(verifier).not.toContain('horse');
});

test('the same password and salt give the same verifier, another salt another one', async () => {
  const salt = Buffer.alloc(16, 7);
  expect(await scramVerifier('x', salt)).toBe(await scramVerifier('x', salt));
  expect(await scramVerifier('x')).not.toBe(await scramVerifier('x'));
});

test.each(['', 'ü', 'a\nb'])(
  'a password that would need SASLprep is refused: %j',
  async (password) => {
    await expect(scramVerifier(password)).rejects.toThrow('printable ASCII');
  },
);
