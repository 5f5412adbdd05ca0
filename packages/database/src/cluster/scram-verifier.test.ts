import { expect, test } from 'vitest';
import { scramVerifier } from './scram-verifier.ts';

test('a verifier has the form that PostgreSQL stores and does not hold the password', () => {
  const verifier = scramVerifier('correct horse');
  expect(verifier).toMatch(
    /^SCRAM-SHA-256\$4096:[A-Za-z0-9+/=]{24}\$[A-Za-z0-9+/=]{44}:[A-Za-z0-9+/=]{44}$/,
  );
  expect(verifier).not.toContain('horse');
});

test('the same password and salt give the same verifier, another salt another one', () => {
  const salt = Buffer.alloc(16, 7);
  expect(scramVerifier('x', salt)).toBe(scramVerifier('x', salt));
  expect(scramVerifier('x')).not.toBe(scramVerifier('x'));
});

test.each(['', 'ü', 'a\nb'])('a password that would need SASLprep is refused: %j', (password) => {
  expect(() => scramVerifier(password)).toThrow('printable ASCII');
});
